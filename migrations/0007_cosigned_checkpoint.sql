CREATE TABLE `log_cosigned` (
	`id` integer PRIMARY KEY NOT NULL,
	`size` integer NOT NULL,
	`checkpoint` text NOT NULL,
	`cosignatures` text NOT NULL,
	`asked_size` integer NOT NULL
);
