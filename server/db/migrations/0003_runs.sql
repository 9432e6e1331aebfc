CREATE TABLE "final_dates" (
	"index" text NOT NULL,
	"business_date" text NOT NULL,
	"input_rows" bigint NOT NULL,
	"changed" jsonb,
	"looked_at" timestamp (6) with time zone NOT NULL,
	CONSTRAINT "final_dates_index_business_date_pk" PRIMARY KEY("index","business_date")
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" text PRIMARY KEY NOT NULL,
	"index" text NOT NULL,
	"business_date" text NOT NULL,
	"mode" text NOT NULL,
	"state" text NOT NULL,
	"trigger" text NOT NULL,
	"priority" integer NOT NULL,
	"asked_by_id" text NOT NULL,
	"asked_by_name" text NOT NULL,
	"reason" text,
	"override" text,
	"of_run_id" text,
	"spec" jsonb,
	"spec_id" text,
	"engine" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"job_id" text,
	"worker" text,
	"step" text,
	"step_number" integer,
	"step_count" integer,
	"waits" jsonb,
	"outcome" text,
	"rows" bigint,
	"controls" jsonb,
	"diff" text,
	"fault" jsonb,
	"log" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"cancel_by_id" text,
	"asked_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (6) with time zone,
	"ended_at" timestamp (6) with time zone,
	"updated_at" timestamp (6) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "runs_state_known" CHECK ("runs"."state" in ('queued', 'blocked', 'running', 'succeeded', 'failed', 'cancelled')),
	CONSTRAINT "runs_mode_known" CHECK ("runs"."mode" in ('commit', 'dry_run'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX "runs_one_at_a_time" ON "runs" USING btree ("index","business_date","mode") WHERE "runs"."state" in ('queued', 'blocked', 'running');--> statement-breakpoint
CREATE INDEX "runs_open" ON "runs" USING btree ("state","priority");--> statement-breakpoint
CREATE INDEX "runs_of_date" ON "runs" USING btree ("index","business_date","asked_at");--> statement-breakpoint
CREATE INDEX "runs_asked_at" ON "runs" USING btree ("asked_at");