CREATE TABLE `base_contents` (
	`digest` text PRIMARY KEY NOT NULL,
	`files` integer NOT NULL,
	`bytes` integer NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `bases` (
	`release` text PRIMARY KEY NOT NULL,
	`digest` text NOT NULL,
	`created_at` text NOT NULL,
	FOREIGN KEY (`digest`) REFERENCES `base_contents`(`digest`) ON UPDATE no action ON DELETE no action
);
