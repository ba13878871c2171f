CREATE TABLE `bundle_checkpoints` (
	`size` integer PRIMARY KEY NOT NULL,
	`note` text NOT NULL,
	`consistency` text NOT NULL,
	`created_at` text NOT NULL
);
