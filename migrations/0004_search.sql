CREATE TABLE `search_facts` (
	`digest` text PRIMARY KEY NOT NULL,
	`words` text NOT NULL,
	`capabilities` text NOT NULL,
	`grade` text NOT NULL,
	`index_version` integer NOT NULL,
	FOREIGN KEY (`digest`) REFERENCES `contents`(`digest`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `search_spellings` (
	`spelling` text NOT NULL,
	`word` text NOT NULL,
	PRIMARY KEY(`spelling`, `word`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `profiles` ADD `index_version` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `profiles_index_version` ON `profiles` (`index_version`);--> statement-breakpoint
CREATE VIRTUAL TABLE `search` USING fts5(
	name, team, images, tags, description, rules, facets,
	content='', contentless_delete=1, prefix='2 3 4 5', tokenize='unicode61 remove_diacritics 2'
);
