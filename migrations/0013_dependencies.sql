CREATE TABLE `dependencies` (
	`team` text NOT NULL,
	`name` text NOT NULL,
	`profile_id` integer NOT NULL,
	`version_id` integer NOT NULL,
	`range` text NOT NULL,
	PRIMARY KEY(`team`, `name`, `profile_id`, `version_id`),
	FOREIGN KEY (`profile_id`) REFERENCES `profiles`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`version_id`) REFERENCES `versions`(`id`) ON UPDATE no action ON DELETE no action
);
