CREATE TABLE `memberships` (
	`team` text NOT NULL,
	`user` text NOT NULL,
	`role` text NOT NULL,
	`created_at` text NOT NULL,
	PRIMARY KEY(`team`, `user`),
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user`) REFERENCES `users`(`name`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `memberships_user` ON `memberships` (`user`);--> statement-breakpoint
CREATE TABLE `trusted_publishers` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`team` text NOT NULL,
	`profile` text,
	`issuer` text NOT NULL,
	`repository` text NOT NULL,
	`branch` text NOT NULL,
	`environment` text,
	`created_at` text NOT NULL,
	FOREIGN KEY (`team`) REFERENCES `teams`(`name`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `trusted_publishers_team` ON `trusted_publishers` (`team`);--> statement-breakpoint
CREATE INDEX `trusted_publishers_repository` ON `trusted_publishers` (`issuer`,`repository`);--> statement-breakpoint
CREATE TABLE `users` (
	`name` text PRIMARY KEY NOT NULL,
	`admin` integer NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `profiles` ADD `visibility` text DEFAULT 'public' NOT NULL;--> statement-breakpoint
ALTER TABLE `profiles` ADD `blind` text;--> statement-breakpoint
ALTER TABLE `profiles` ADD `deprecation` text;--> statement-breakpoint
ALTER TABLE `profiles` ADD `replacement` text;--> statement-breakpoint
ALTER TABLE `profiles` ADD `moved_to` text REFERENCES teams(name);--> statement-breakpoint
ALTER TABLE `profiles` ADD `revision` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `user` text REFERENCES users(name);--> statement-breakpoint
ALTER TABLE `tokens` ADD `profile` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `scope` text DEFAULT 'admin' NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `expires_at` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `revoked_at` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `last_used_at` text;--> statement-breakpoint
CREATE INDEX `tokens_user` ON `tokens` (`user`);