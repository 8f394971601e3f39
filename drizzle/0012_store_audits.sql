CREATE TABLE "store_audits" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "store_audits_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"trigger" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	"findings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"not_looked_at" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"corrections_created" integer,
	CONSTRAINT "chk_store_audit_trigger" CHECK (trigger in ('schedule', 'command'))
);
--> statement-breakpoint
CREATE INDEX "idx_store_audits_started" ON "store_audits" USING btree ("started_at");--> statement-breakpoint
CREATE INDEX "idx_store_audits_completed" ON "store_audits" USING btree ("completed_at");