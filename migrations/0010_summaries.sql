CREATE TABLE `summaries` (
	`digest` text NOT NULL,
	`release` text NOT NULL,
	`base` text,
	`summary_version` integer NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`digest`, `release`),
	FOREIGN KEY (`digest`) REFERENCES `contents`(`digest`) ON UPDATE no action ON DELETE no action
);
