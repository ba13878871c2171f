CREATE TABLE `analyses` (
	`version_id` integer PRIMARY KEY NOT NULL,
	`analysis_version` integer NOT NULL,
	`needs` text NOT NULL,
	`unseen` text NOT NULL,
	`diagnostics` text NOT NULL,
	`omitted` integer NOT NULL,
	`readme` text,
	FOREIGN KEY (`version_id`) REFERENCES `versions`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `analyses_version` ON `analyses` (`analysis_version`);--> statement-breakpoint
CREATE TABLE `log_cosigned` (
	`id` integer PRIMARY KEY NOT NULL,
	`size` integer NOT NULL,
	`checkpoint` text NOT NULL,
	`cosignatures` text NOT NULL,
	`asked_size` integer NOT NULL
);
--> statement-breakpoint
DROP INDEX `deliveries_due`;--> statement-breakpoint
CREATE INDEX `deliveries_next` ON `deliveries` (`webhook_id`,`next_attempt_at`) WHERE "deliveries"."next_attempt_at" IS NOT NULL;--> statement-breakpoint
ALTER TABLE `quotas` ADD `changes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `quotas` ADD `changes_day` text;--> statement-breakpoint
ALTER TABLE `quotas` ADD `max_changes` integer;--> statement-breakpoint
ALTER TABLE `quotas` ADD `max_tokens` integer;--> statement-breakpoint
ALTER TABLE `quotas` ADD `max_webhooks` integer;--> statement-breakpoint
INSERT INTO `analyses` SELECT `id`, 0, '', '[]', '[]', 0, NULL FROM `versions`;