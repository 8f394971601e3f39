CREATE TABLE "correction_brakes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "correction_brakes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"scope" text NOT NULL,
	"company_id" integer,
	"reason" text NOT NULL,
	"observed" integer NOT NULL,
	"allowed" integer NOT NULL,
	"window_minutes" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"released_at" timestamp with time zone,
	"released_tasks" integer,
	CONSTRAINT "chk_correction_brake_scope" CHECK (scope in ('global', 'unassigned') or scope = 'company:' || company_id)
);
--> statement-breakpoint
DROP INDEX "idx_auto_correction_tasks_due";--> statement-breakpoint
ALTER TABLE "auto_correction_tasks" ADD COLUMN "mode" text DEFAULT 'auto' NOT NULL;--> statement-breakpoint
ALTER TABLE "auto_correction_tasks" ADD COLUMN "held_by" text;--> statement-breakpoint
ALTER TABLE "auto_correction_tasks" ADD COLUMN "hold_reason" text;--> statement-breakpoint
ALTER TABLE "auto_correction_tasks" ADD COLUMN "brake_released_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "processing_errors" ADD COLUMN "company_id" integer;--> statement-breakpoint
ALTER TABLE "processing_errors" ADD COLUMN "bot_id" integer;--> statement-breakpoint
ALTER TABLE "processing_errors" ADD COLUMN "resolved_by" text;--> statement-breakpoint
ALTER TABLE "processing_errors" ADD COLUMN "resolution_note" text;--> statement-breakpoint
CREATE UNIQUE INDEX "correction_brake_once" ON "correction_brakes" USING btree ("scope") WHERE released_at is null;--> statement-breakpoint
CREATE INDEX "idx_correction_brakes_scope" ON "correction_brakes" USING btree ("scope","released_at");--> statement-breakpoint
CREATE INDEX "idx_correction_brakes_created_at" ON "correction_brakes" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_held" ON "auto_correction_tasks" USING btree ("held_by") WHERE held_by is not null;--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_company_created" ON "auto_correction_tasks" USING btree ("company_id","created_at");--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_company_started" ON "auto_correction_tasks" USING btree ("company_id","started_at") WHERE started_at is not null;--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_started" ON "auto_correction_tasks" USING btree ("started_at");--> statement-breakpoint
CREATE INDEX "idx_file_processing_status_company" ON "file_processing_status" USING btree ("company_id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "idx_processing_errors_company" ON "processing_errors" USING btree ("company_id","bot_id");--> statement-breakpoint
CREATE INDEX "idx_processing_errors_correction" ON "processing_errors" USING btree ("correction_id");--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_due" ON "auto_correction_tasks" USING btree ("run_at") WHERE status in ('pending', 'processing') and held_by is null;--> statement-breakpoint
ALTER TABLE "auto_correction_tasks" ADD CONSTRAINT "chk_correction_mode" CHECK (mode in ('auto', 'approve', 'dry-run'));--> statement-breakpoint
ALTER TABLE "auto_correction_tasks" ADD CONSTRAINT "chk_correction_held" CHECK ((held_by is null) = (hold_reason is null));--> statement-breakpoint
ALTER TABLE "processing_errors" ADD CONSTRAINT "chk_resolved_by" CHECK (resolved_by in ('system', 'operator'));--> statement-breakpoint
UPDATE "auto_correction_tasks" SET "mode" = 'approve' WHERE "status" = 'awaiting_approval';--> statement-breakpoint
UPDATE "auto_correction_tasks" SET "mode" = 'dry-run' WHERE "status" = 'dry_run';--> statement-breakpoint
UPDATE "processing_errors" e SET "company_id" = b."company_id", "bot_id" = b."bot_id" FROM "batch_processing_sessions" b WHERE b."batch_id" = e."batch_id";--> statement-breakpoint
UPDATE "processing_errors" SET "resolved_by" = CASE "resolution_status" WHEN 'auto_correction' THEN 'system' ELSE 'operator' END WHERE "resolution_status" <> 'unresolved';