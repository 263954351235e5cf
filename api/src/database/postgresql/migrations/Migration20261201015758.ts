import { Migration } from '@mikro-orm/migrations'

/** From where on something of machines is told, and how full their file systems were. */
export class Migration20261201015758 extends Migration {
  override name = 'Migration20261201015758'

  override up(): void {
    this.addSql(
      `create table "threshold" ("id" text collate "C" not null, "kind" text collate "C" not null, "tag" text collate "C" null, "tag_key" text collate "C" not null, "value" double precision null, "said_by" text collate "C" not null, "said_at" timestamptz not null, primary key ("id"));`,
    )
    this.addSql(`alter table "threshold" add constraint "threshold_kind_tag_key_unique" unique ("kind", "tag_key");`)

    this.addSql(
      `alter table "file_system" add "level" text collate "C" null, add "full_at" timestamptz null, add "judged_percent" bigint null, add "judged_days" bigint null, add "room_days" jsonb not null default '[]';`,
    )

    this.addSql(
      `alter table "machine_state" add "load_high_since" timestamptz null, add "memory_high_since" timestamptz null, add "load_threshold" double precision null, add "memory_threshold" double precision null;`,
    )
  }

  override down(): void {
    this.addSql(`drop table if exists "threshold" cascade;`)

    this.addSql(
      `alter table "file_system" drop column "level", drop column "full_at", drop column "judged_percent", drop column "judged_days", drop column "room_days";`,
    )

    this.addSql(
      `alter table "machine_state" drop column "load_high_since", drop column "memory_high_since", drop column "load_threshold", drop column "memory_threshold";`,
    )
  }
}
