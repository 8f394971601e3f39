CREATE TABLE "correction_conflicts" (
	"correction_id" bigint NOT NULL,
	"company_id" integer NOT NULL,
	"bot_id" integer NOT NULL,
	"user_email" text NOT NULL,
	"generation" integer NOT NULL,
	"removed" jsonb NOT NULL,
	"told_batch_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "correction_conflicts_pkey" PRIMARY KEY("correction_id","company_id","bot_id","user_email")
);
--> statement-breakpoint
CREATE TABLE "correction_quarantines" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "correction_quarantines_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"correction_id" bigint NOT NULL,
	"store" text NOT NULL,
	"state" text DEFAULT 'saving' NOT NULL,
	"place" text NOT NULL,
	"collection" text,
	"storage_key" text,
	"lines" integer DEFAULT 0 NOT NULL,
	"sha256" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"saved_at" timestamp with time zone,
	"expires_at" timestamp with time zone NOT NULL,
	"purged_at" timestamp with time zone,
	CONSTRAINT "chk_quarantine_store" CHECK (store in ('s3', 'chroma', 'cms')),
	CONSTRAINT "chk_quarantine_state" CHECK (state in ('saving', 'held', 'purged')),
	CONSTRAINT "chk_quarantine_saved" CHECK (state = 'saving' or sha256 is not null)
);
--> statement-breakpoint
CREATE TABLE "correction_restores" (
	"correction_id" bigint PRIMARY KEY NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"run_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"lease_token" uuid,
	"lease_expires_at" timestamp with time zone,
	"reason" text,
	"completed_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "chk_restore_status" CHECK (status in ('pending', 'processing', 'completed', 'failed', 'refused')),
	CONSTRAINT "chk_restore_requested_by" CHECK (requested_by in ('operator', 'conflict'))
);
--> statement-breakpoint
CREATE TABLE "correction_second_looks" (
	"correction_id" bigint PRIMARY KEY NOT NULL,
	"look_at" timestamp with time zone,
	"looks" integer DEFAULT 0 NOT NULL,
	"looked_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "correction_conflicts" ADD CONSTRAINT "correction_conflicts_correction_id_auto_correction_tasks_id_fk" FOREIGN KEY ("correction_id") REFERENCES "public"."auto_correction_tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "correction_quarantines" ADD CONSTRAINT "correction_quarantines_correction_id_auto_correction_tasks_id_fk" FOREIGN KEY ("correction_id") REFERENCES "public"."auto_correction_tasks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "correction_restores" ADD CONSTRAINT "correction_restores_correction_id_auto_correction_tasks_id_fk" FOREIGN KEY ("correction_id") REFERENCES "public"."auto_correction_tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "correction_second_looks" ADD CONSTRAINT "correction_second_looks_correction_id_auto_correction_tasks_id_fk" FOREIGN KEY ("correction_id") REFERENCES "public"."auto_correction_tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_correction_conflicts_untold" ON "correction_conflicts" USING btree ("company_id","bot_id","user_email") WHERE told_batch_id is null;--> statement-breakpoint
CREATE INDEX "idx_correction_conflicts_told" ON "correction_conflicts" USING btree ("told_batch_id");--> statement-breakpoint
CREATE UNIQUE INDEX "correction_quarantines_place" ON "correction_quarantines" USING btree ("place");--> statement-breakpoint
CREATE INDEX "idx_correction_quarantines_correction" ON "correction_quarantines" USING btree ("correction_id","store");--> statement-breakpoint
CREATE INDEX "idx_correction_quarantines_expiry" ON "correction_quarantines" USING btree ("expires_at") WHERE state <> 'purged';--> statement-breakpoint
CREATE INDEX "idx_correction_restores_due" ON "correction_restores" USING btree ("run_at") WHERE status in ('pending', 'processing');--> statement-breakpoint
CREATE INDEX "idx_correction_second_looks_due" ON "correction_second_looks" USING btree ("look_at") WHERE look_at is not null;