CREATE TABLE "audit_archive" (
	"class" text PRIMARY KEY NOT NULL,
	"events" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_closed" ON "batch_processing_sessions" USING btree ("batch_end_time") WHERE status <> 'processing';--> statement-breakpoint
CREATE INDEX "idx_file_processing_status_gone" ON "file_processing_status" USING btree ("updated_at") WHERE deleted_at is not null;