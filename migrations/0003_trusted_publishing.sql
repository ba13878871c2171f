ALTER TABLE `tokens` ADD `origin` text;--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_origin_unique` ON `tokens` (`origin`);--> statement-breakpoint
CREATE INDEX `tokens_expiry` ON `tokens` (`expires_at`) WHERE origin IS NOT NULL;--> statement-breakpoint
ALTER TABLE `trusted_publishers` ADD `repository_id` text;