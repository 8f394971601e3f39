DROP INDEX "idx_batch_sessions_status";--> statement-breakpoint
DROP INDEX "idx_batch_sessions_due";--> statement-breakpoint
DROP INDEX "idx_batch_sessions_stale";--> statement-breakpoint
DROP INDEX "idx_batch_sessions_compare";--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_status" ON "batch_processing_sessions" USING btree ("status") WHERE status <> 'processing';--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_due" ON "batch_processing_sessions" USING btree ("due_at") WHERE closed_by is null;--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_stale" ON "batch_processing_sessions" USING btree ("preferences_stale_at") WHERE closed_by is null and preferences_stale_at is not null;--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_compare" ON "batch_processing_sessions" USING btree ("preferences_compare_at") WHERE closed_by is null;