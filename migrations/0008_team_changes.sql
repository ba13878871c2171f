DROP INDEX `deliveries_due`;--> statement-breakpoint
CREATE INDEX `deliveries_next` ON `deliveries` (`webhook_id`,`next_attempt_at`) WHERE "deliveries"."next_attempt_at" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `quotas` ADD `changes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `quotas` ADD `changes_day` text;--> statement-breakpoint
ALTER TABLE `quotas` ADD `max_changes` integer;--> statement-breakpoint
ALTER TABLE `quotas` ADD `max_tokens` integer;--> statement-breakpoint
ALTER TABLE `quotas` ADD `max_webhooks` integer;