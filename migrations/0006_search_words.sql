CREATE TABLE `search_documents` (
	`version_id` integer PRIMARY KEY NOT NULL,
	`words` text NOT NULL,
	`grade` text NOT NULL,
	`index_version` integer NOT NULL,
	FOREIGN KEY (`version_id`) REFERENCES `versions`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
DROP TABLE `search_facts`;--> statement-breakpoint
DROP TABLE `search`;--> statement-breakpoint
CREATE VIRTUAL TABLE `search` USING fts5(
	words, content='', contentless_delete=1, detail=none, prefix='3 4 5 6 7', tokenize='ascii'
);--> statement-breakpoint
DELETE FROM `search_spellings`;--> statement-breakpoint
UPDATE `profiles` SET `index_version` = 0;
