ALTER TABLE "user_notification_preferences" ADD COLUMN "locale" text;--> statement-breakpoint
ALTER TABLE "user_notification_preferences" ADD COLUMN "timezone" text;