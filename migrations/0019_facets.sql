CREATE TABLE `profile_facets` (
	`profile_id` integer NOT NULL,
	`facet` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`profile_id`, `facet`, `value`),
	FOREIGN KEY (`profile_id`) REFERENCES `profiles`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `profiles` ADD `published` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `profiles_published` ON `profiles` (`published`);--> statement-breakpoint
UPDATE `profiles` SET `published` = coalesce((SELECT `log_index` FROM `versions`
	WHERE `profile_id` = `profiles`.`id` AND `version` = `profiles`.`latest`), 0);
