CREATE TABLE `host_event_days` (
	`event_id` integer NOT NULL,
	`day` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`event_id`, `day`),
	FOREIGN KEY (`event_id`) REFERENCES `host_events`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `host_event_days_day` ON `host_event_days` (`day`);--> statement-breakpoint
CREATE TABLE `host_event_hosts` (
	`event_id` integer NOT NULL,
	`host_id` integer NOT NULL,
	`last_day` text NOT NULL,
	PRIMARY KEY(`event_id`, `host_id`),
	FOREIGN KEY (`event_id`) REFERENCES `host_events`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`host_id`) REFERENCES `hosts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `host_event_hosts_host` ON `host_event_hosts` (`host_id`);--> statement-breakpoint
CREATE INDEX `host_event_hosts_day` ON `host_event_hosts` (`last_day`);--> statement-breakpoint
CREATE TABLE `host_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`version_id` integer NOT NULL,
	`hash` text NOT NULL,
	`type` text NOT NULL,
	`record` text NOT NULL,
	`host_id` integer NOT NULL,
	`first_at` text NOT NULL,
	`last_at` text NOT NULL,
	`hosts` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`version_id`) REFERENCES `versions`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`host_id`) REFERENCES `hosts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `host_events_hosts` ON `host_events` (`version_id`,`hosts`);--> statement-breakpoint
CREATE INDEX `host_events_host` ON `host_events` (`host_id`,`version_id`);--> statement-breakpoint
CREATE INDEX `host_events_unreported` ON `host_events` (`hosts`) WHERE hosts = 0;--> statement-breakpoint
CREATE UNIQUE INDEX `host_events_hash` ON `host_events` (`version_id`,`hash`);--> statement-breakpoint
CREATE TABLE `host_profiles` (
	`host_id` integer NOT NULL,
	`profile_id` integer NOT NULL,
	`version_id` integer NOT NULL,
	`mode` text NOT NULL,
	`drifted` integer NOT NULL,
	PRIMARY KEY(`host_id`, `profile_id`),
	FOREIGN KEY (`host_id`) REFERENCES `hosts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`profile_id`) REFERENCES `profiles`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`version_id`) REFERENCES `versions`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `host_profiles_profile` ON `host_profiles` (`profile_id`,`version_id`);--> statement-breakpoint
CREATE INDEX `host_profiles_version` ON `host_profiles` (`version_id`);--> statement-breakpoint
CREATE TABLE `hosts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`team` text NOT NULL,
	`key_id` text NOT NULL,
	`public_key` text NOT NULL,
	`join_token_id` integer NOT NULL,
	`name` text NOT NULL,
	`labels` text NOT NULL,
	`joined_at` text NOT NULL,
	`retired_at` text,
	`sequence` integer DEFAULT 0 NOT NULL,
	`reported_at` text,
	`kernel` text,
	`apparmor` text,
	`drifted` integer DEFAULT false NOT NULL,
	`omitted_events` integer DEFAULT 0 NOT NULL,
	`dropped_reports` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`join_token_id`) REFERENCES `join_tokens`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `hosts_keyId_unique` ON `hosts` (`key_id`);--> statement-breakpoint
CREATE INDEX `hosts_team` ON `hosts` (`team`,`id`);--> statement-breakpoint
CREATE INDEX `hosts_join_token` ON `hosts` (`join_token_id`);--> statement-breakpoint
CREATE TABLE `join_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`team` text NOT NULL,
	`hash` text NOT NULL,
	`label` text NOT NULL,
	`created_at` text NOT NULL,
	`expires_at` text NOT NULL,
	`revoked_at` text,
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `join_tokens_hash_unique` ON `join_tokens` (`hash`);--> statement-breakpoint
CREATE INDEX `join_tokens_team` ON `join_tokens` (`team`);--> statement-breakpoint
ALTER TABLE `quotas` ADD `max_hosts` integer;