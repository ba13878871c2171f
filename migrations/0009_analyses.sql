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
INSERT INTO `analyses` SELECT `id`, 0, '', '[]', '[]', 0, NULL FROM `versions`;