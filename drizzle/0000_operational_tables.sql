CREATE TABLE "batch_files" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "batch_files_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"batch_id" uuid NOT NULL,
	"file_document_id" text NOT NULL,
	"file_name" text NOT NULL,
	"file_size_bytes" bigint,
	"generation" integer DEFAULT 1 NOT NULL,
	"processing_status" text DEFAULT 'pending' NOT NULL,
	"processing_stage" text DEFAULT 'download' NOT NULL,
	"processing_start_time" timestamp with time zone,
	"processing_end_time" timestamp with time zone,
	"processing_time_seconds" double precision,
	"chunks_created" integer DEFAULT 0,
	"storage_key" text,
	"error_message" text,
	"error_category" text,
	"event_count" integer DEFAULT 0 NOT NULL,
	"carried_over_from" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "chk_processing_status" CHECK (processing_status in ('pending', 'processing', 'success', 'failed')),
	CONSTRAINT "chk_processing_time" CHECK (processing_time_seconds >= 0),
	CONSTRAINT "chk_chunks_created" CHECK (chunks_created >= 0),
	CONSTRAINT "chk_file_size" CHECK (file_size_bytes >= 0)
);
--> statement-breakpoint
CREATE TABLE "batch_processing_sessions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "batch_processing_sessions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"batch_id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"company_id" integer NOT NULL,
	"bot_id" integer NOT NULL,
	"user_email" text NOT NULL,
	"batch_start_time" timestamp with time zone NOT NULL,
	"batch_end_time" timestamp with time zone,
	"due_at" timestamp with time zone NOT NULL,
	"total_files" integer DEFAULT 0 NOT NULL,
	"successful_files" integer DEFAULT 0 NOT NULL,
	"failed_files" integer DEFAULT 0 NOT NULL,
	"event_count" integer DEFAULT 0 NOT NULL,
	"status" text DEFAULT 'processing' NOT NULL,
	"closed_by" text,
	"close_requested_at" timestamp with time zone,
	"carried_over_from" uuid,
	"notification_sent" boolean DEFAULT false NOT NULL,
	"notification_sent_at" timestamp with time zone,
	"preferences_stale_at" timestamp with time zone,
	"cms_written_back_at" timestamp with time zone,
	"user_preferences_snapshot" jsonb NOT NULL,
	"preferences_source" text NOT NULL,
	"preferences_age_seconds" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "batch_processing_sessions_batch_id_unique" UNIQUE("batch_id"),
	CONSTRAINT "chk_batch_status" CHECK (status in ('processing', 'completed', 'failed', 'partially_completed')),
	CONSTRAINT "chk_closed_by" CHECK (closed_by in ('threshold', 'due', 'max_age', 'manual')),
	CONSTRAINT "chk_closed" CHECK ((status = 'processing') = (closed_by is null)),
	CONSTRAINT "chk_preferences_source" CHECK (preferences_source in ('cms', 'cache', 'stale_cache', 'defaults')),
	CONSTRAINT "chk_file_counts" CHECK (total_files >= 0 and successful_files >= 0 and failed_files >= 0
          and successful_files + failed_files <= total_files)
);
--> statement-breakpoint
CREATE TABLE "auto_correction_tasks" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "auto_correction_tasks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"file_document_id" text NOT NULL,
	"generation" integer DEFAULT 0 NOT NULL,
	"file_name" text,
	"storage_key" text,
	"company_id" integer,
	"bot_id" integer,
	"user_email" text,
	"batch_id" uuid,
	"failure_category" text NOT NULL,
	"original_error_message" text NOT NULL,
	"error_details" jsonb,
	"correction_actions" jsonb NOT NULL,
	"not_applicable" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"run_at" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"lease_token" uuid,
	"lease_expires_at" timestamp with time zone,
	"s3_cleanup_completed" boolean DEFAULT false NOT NULL,
	"cms_cleanup_completed" boolean DEFAULT false NOT NULL,
	"chroma_cleanup_completed" boolean DEFAULT false NOT NULL,
	"conflict" boolean DEFAULT false NOT NULL,
	"cancel_reason" text,
	"execution_log" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"completed_at" timestamp with time zone,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"error_during_correction" text,
	CONSTRAINT "chk_correction_status" CHECK (status in ('pending', 'awaiting_approval', 'processing', 'completed', 'failed', 'cancelled', 'dry_run')),
	CONSTRAINT "chk_correction_time_order" CHECK (started_at is null or completed_at is null or completed_at >= started_at)
);
--> statement-breakpoint
CREATE TABLE "email_notification_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "email_notification_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"batch_id" uuid,
	"recipient_email" text NOT NULL,
	"company_id" integer,
	"bot_id" integer,
	"email_type" text DEFAULT 'batch_completion' NOT NULL,
	"subject_key" text,
	"content_data" jsonb,
	"email_subject" text DEFAULT '' NOT NULL,
	"email_content_html" text,
	"email_content_text" text,
	"message_id" text,
	"rendered_at" timestamp with time zone,
	"send_status" text DEFAULT 'pending' NOT NULL,
	"suppressed_reason" text,
	"send_attempts" integer DEFAULT 0 NOT NULL,
	"max_attempts" integer NOT NULL,
	"next_retry_at" timestamp with time zone,
	"lease_token" uuid,
	"lease_expires_at" timestamp with time zone,
	"handed_over_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"transport" text,
	"smtp_response" text,
	"error_message" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "chk_email_type" CHECK (email_type in ('batch_completion', 'error_alert', 'summary')),
	CONSTRAINT "chk_send_status" CHECK (send_status in ('pending', 'sending', 'sent', 'failed', 'unknown', 'suppressed')),
	CONSTRAINT "chk_suppressed" CHECK ((send_status = 'suppressed') = (suppressed_reason is not null)),
	CONSTRAINT "chk_send_attempts" CHECK (send_attempts >= 0)
);
--> statement-breakpoint
CREATE TABLE "notification_retry_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notification_retry_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"email_id" bigint NOT NULL,
	"batch_id" uuid,
	"retry_attempt" integer NOT NULL,
	"outcome" text NOT NULL,
	"transport" text,
	"error_message" text,
	"retry_at" timestamp with time zone DEFAULT now() NOT NULL,
	"success" boolean DEFAULT false NOT NULL,
	"next_retry_at" timestamp with time zone,
	CONSTRAINT "chk_retry_attempt" CHECK (retry_attempt > 0)
);
--> statement-breakpoint
CREATE TABLE "file_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "file_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event_id" text NOT NULL,
	"chunk_id" uuid NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"action" text NOT NULL,
	"file_document_id" text NOT NULL,
	"company_id" integer NOT NULL,
	"bot_id" integer NOT NULL,
	"user_email" text NOT NULL,
	"payload" jsonb NOT NULL,
	"applied_at" timestamp with time zone,
	"outcome" text,
	"batch_file_id" bigint,
	"dead_lettered_at" timestamp with time zone,
	"dead_letter_reason" text,
	CONSTRAINT "file_events_action" CHECK (action in ('create', 'update', 'delete')),
	CONSTRAINT "file_events_outcome" CHECK (outcome in ('applied', 'superseded', 'deleted'))
);
--> statement-breakpoint
CREATE TABLE "file_processing_status" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "file_processing_status_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"file_event_id" bigint,
	"file_document_id" text NOT NULL,
	"company_id" integer NOT NULL,
	"bot_id" integer NOT NULL,
	"user_email" text NOT NULL,
	"batch_id" uuid,
	"batch_file_id" bigint,
	"generation" integer DEFAULT 1 NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"processing_stage" text NOT NULL,
	"status" text NOT NULL,
	"storage_key" text,
	"stage_start_time" timestamp with time zone DEFAULT now() NOT NULL,
	"stage_end_time" timestamp with time zone,
	"error_message" text,
	"error_details" jsonb,
	"deleted_at" timestamp with time zone,
	"deleted_event_count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "chk_stage" CHECK (processing_stage in ('download', 'processing', 'storage', 'completed', 'failed')),
	CONSTRAINT "chk_status" CHECK (status in ('pending', 'processing', 'success', 'failed')),
	CONSTRAINT "chk_processing_time_order" CHECK (stage_end_time is null or stage_end_time >= stage_start_time)
);
--> statement-breakpoint
CREATE TABLE "processing_errors" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "processing_errors_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"file_event_id" bigint,
	"file_document_id" text NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"batch_id" uuid,
	"correction_id" bigint,
	"error_category" text NOT NULL,
	"error_message" text NOT NULL,
	"error_details" jsonb,
	"stack_trace" text,
	"processing_stage" text,
	"auto_correction_triggered" boolean DEFAULT false NOT NULL,
	"resolution_status" text DEFAULT 'unresolved' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "chk_resolution_status" CHECK (resolution_status in ('unresolved', 'auto_correction', 'manual_fix', 'ignored'))
);
--> statement-breakpoint
ALTER TABLE "batch_files" ADD CONSTRAINT "batch_files_batch_id_batch_processing_sessions_batch_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."batch_processing_sessions"("batch_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "email_notification_log" ADD CONSTRAINT "email_notification_log_batch_id_batch_processing_sessions_batch_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."batch_processing_sessions"("batch_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_retry_log" ADD CONSTRAINT "notification_retry_log_email_id_email_notification_log_id_fk" FOREIGN KEY ("email_id") REFERENCES "public"."email_notification_log"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "batch_files_one_line_per_file" ON "batch_files" USING btree ("batch_id","file_document_id");--> statement-breakpoint
CREATE INDEX "idx_batch_files_document_id" ON "batch_files" USING btree ("file_document_id");--> statement-breakpoint
CREATE UNIQUE INDEX "batch_one_open_per_owner" ON "batch_processing_sessions" USING btree ("company_id","bot_id","user_email") WHERE status = 'processing';--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_company_bot" ON "batch_processing_sessions" USING btree ("company_id","bot_id");--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_user_email" ON "batch_processing_sessions" USING btree ("user_email");--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_status" ON "batch_processing_sessions" USING btree ("status");--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_created_at" ON "batch_processing_sessions" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_due" ON "batch_processing_sessions" USING btree ("due_at") WHERE status = 'processing';--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_stale" ON "batch_processing_sessions" USING btree ("preferences_stale_at") WHERE status = 'processing' and preferences_stale_at is not null;--> statement-breakpoint
CREATE INDEX "idx_batch_sessions_write_back" ON "batch_processing_sessions" USING btree ("notification_sent_at") WHERE notification_sent and cms_written_back_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "correction_one_open_per_generation" ON "auto_correction_tasks" USING btree ("file_document_id","generation") WHERE status in ('pending', 'awaiting_approval', 'processing');--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_document_id" ON "auto_correction_tasks" USING btree ("file_document_id");--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_status" ON "auto_correction_tasks" USING btree ("status");--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_company_bot" ON "auto_correction_tasks" USING btree ("company_id","bot_id");--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_created_at" ON "auto_correction_tasks" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_failure_category" ON "auto_correction_tasks" USING btree ("failure_category");--> statement-breakpoint
CREATE INDEX "idx_auto_correction_tasks_due" ON "auto_correction_tasks" USING btree ("run_at") WHERE status in ('pending', 'processing');--> statement-breakpoint
CREATE UNIQUE INDEX "email_one_per_batch_and_type" ON "email_notification_log" USING btree ("batch_id","email_type");--> statement-breakpoint
CREATE UNIQUE INDEX "email_one_alert_per_subject" ON "email_notification_log" USING btree ("email_type","subject_key") WHERE subject_key is not null;--> statement-breakpoint
CREATE INDEX "idx_email_notification_log_recipient" ON "email_notification_log" USING btree ("recipient_email");--> statement-breakpoint
CREATE INDEX "idx_email_notification_log_status" ON "email_notification_log" USING btree ("send_status");--> statement-breakpoint
CREATE INDEX "idx_email_notification_log_company_bot" ON "email_notification_log" USING btree ("company_id","bot_id");--> statement-breakpoint
CREATE INDEX "idx_email_notification_log_created_at" ON "email_notification_log" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idx_email_notification_log_open" ON "email_notification_log" USING btree ("next_retry_at","updated_at") WHERE send_status in ('pending', 'sending');--> statement-breakpoint
CREATE INDEX "idx_email_notification_log_quota" ON "email_notification_log" USING btree ("company_id","sent_at") WHERE send_status = 'sent';--> statement-breakpoint
CREATE INDEX "idx_notification_retry_log_batch_id" ON "notification_retry_log" USING btree ("batch_id");--> statement-breakpoint
CREATE INDEX "idx_notification_retry_log_email_id" ON "notification_retry_log" USING btree ("email_id");--> statement-breakpoint
CREATE INDEX "idx_notification_retry_log_retry_at" ON "notification_retry_log" USING btree ("retry_at");--> statement-breakpoint
CREATE UNIQUE INDEX "file_events_event_id_key" ON "file_events" USING btree ("event_id");--> statement-breakpoint
CREATE INDEX "idx_file_events_document" ON "file_events" USING btree ("file_document_id");--> statement-breakpoint
CREATE INDEX "idx_file_events_unapplied" ON "file_events" USING btree ("chunk_id","received_at") WHERE applied_at is null and dead_lettered_at is null;--> statement-breakpoint
CREATE INDEX "idx_file_events_unapplied_document" ON "file_events" USING btree ("file_document_id") WHERE applied_at is null and dead_lettered_at is null;--> statement-breakpoint
CREATE INDEX "idx_file_events_unapplied_received" ON "file_events" USING btree ("received_at") WHERE applied_at is null and dead_lettered_at is null;--> statement-breakpoint
CREATE INDEX "idx_file_events_dead" ON "file_events" USING btree ("dead_lettered_at") WHERE dead_lettered_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "file_processing_status_file_key" ON "file_processing_status" USING btree ("file_document_id","company_id","bot_id","user_email");--> statement-breakpoint
CREATE INDEX "idx_file_processing_status_deleted" ON "file_processing_status" USING btree ("id") WHERE deleted_event_count > 0;--> statement-breakpoint
CREATE INDEX "idx_processing_errors_document_id" ON "processing_errors" USING btree ("file_document_id");--> statement-breakpoint
CREATE INDEX "idx_processing_errors_category" ON "processing_errors" USING btree ("error_category");--> statement-breakpoint
CREATE INDEX "idx_processing_errors_stage" ON "processing_errors" USING btree ("processing_stage");--> statement-breakpoint
CREATE INDEX "idx_processing_errors_resolution" ON "processing_errors" USING btree ("resolution_status");--> statement-breakpoint
CREATE INDEX "idx_processing_errors_created_at" ON "processing_errors" USING btree ("created_at");