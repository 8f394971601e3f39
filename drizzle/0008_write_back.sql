CREATE TABLE "company_notification_usage" (
	"company_id" integer PRIMARY KEY NOT NULL,
	"told_month" text,
	"told_usage" integer,
	"told_at" timestamp with time zone,
	"counted_at" timestamp with time zone,
	"attempted_at" timestamp with time zone,
	CONSTRAINT "chk_told_usage" CHECK ("company_notification_usage"."told_usage" >= 0)
);
--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_written_back" ON "batch_processing_sessions" USING btree ("cms_written_back_at") WHERE cms_written_back_at is not null;