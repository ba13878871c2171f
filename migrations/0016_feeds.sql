CREATE INDEX `versions_log_index` ON `versions` (`log_index`);--> statement-breakpoint
CREATE INDEX `versions_profile_log_index` ON `versions` (`profile_id`,`log_index`);