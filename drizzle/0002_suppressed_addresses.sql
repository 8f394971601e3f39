CREATE TABLE "opt_outs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "opt_outs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"company_id" integer NOT NULL,
	"bot_id" integer NOT NULL,
	"user_email" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempted_at" timestamp with time zone,
	"applied_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "suppressed_addresses" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "suppressed_addresses_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"email" text NOT NULL,
	"reason" text NOT NULL,
	"source" text NOT NULL,
	"detail" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"lifted_at" timestamp with time zone,
	CONSTRAINT "chk_suppression_reason" CHECK (reason in ('hard_bounce', 'complaint', 'manual')),
	CONSTRAINT "chk_suppression_source" CHECK (source in ('ses', 'sendgrid', 'dsn', 'operator')),
	CONSTRAINT "chk_suppression_email" CHECK (email = lower(email))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "opt_out_once" ON "opt_outs" USING btree ("company_id","bot_id","user_email") WHERE applied_at is null;--> statement-breakpoint
CREATE INDEX "idx_opt_outs_due" ON "opt_outs" USING btree ("attempted_at") WHERE applied_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "suppressed_once" ON "suppressed_addresses" USING btree ("email") WHERE lifted_at is null;--> statement-breakpoint
CREATE INDEX "idx_suppressed_addresses_email" ON "suppressed_addresses" USING btree ("email");--> statement-breakpoint
CREATE INDEX "idx_suppressed_addresses_created_at" ON "suppressed_addresses" USING btree ("created_at");