ALTER TABLE "processing_errors" ADD COLUMN "company_id" integer;--> statement-breakpoint
ALTER TABLE "processing_errors" ADD COLUMN "bot_id" integer;--> statement-breakpoint
ALTER TABLE "processing_errors" ADD COLUMN "resolved_by" text;--> statement-breakpoint
ALTER TABLE "processing_errors" ADD COLUMN "resolution_note" text;--> statement-breakpoint
CREATE INDEX "idx_processing_errors_company" ON "processing_errors" USING btree ("company_id","bot_id");--> statement-breakpoint
CREATE INDEX "idx_processing_errors_correction" ON "processing_errors" USING btree ("correction_id");--> statement-breakpoint
ALTER TABLE "processing_errors" ADD CONSTRAINT "chk_resolved_by" CHECK (resolved_by in ('system', 'operator'));--> statement-breakpoint
UPDATE "processing_errors" e SET "company_id" = b."company_id", "bot_id" = b."bot_id" FROM "batch_processing_sessions" b WHERE b."batch_id" = e."batch_id";--> statement-breakpoint
UPDATE "processing_errors" SET "resolved_by" = CASE "resolution_status" WHEN 'auto_correction' THEN 'system' ELSE 'operator' END WHERE "resolution_status" <> 'unresolved';
