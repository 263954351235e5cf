import { Migration } from '@mikro-orm/migrations'

/** What a machine is made of, and how busy it was. */
export class Migration20261130191323 extends Migration {
  override name = 'Migration20261130191323'

  override up(): void {
    this.addSql(
      `create table "metric_bucket" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "range" text collate "C" not null, "at" timestamptz not null, "loads" bigint not null, "load_sum" double precision not null, "cpus" bigint not null, "cpu_sum" double precision not null, "cpu_most" double precision null, "memories" bigint not null, "memory_sum" double precision not null, "memory_most" bigint null, "memory_bytes" bigint null, "swaps" bigint not null, "swap_sum" double precision not null, primary key ("id"));`,
    )
    this.addSql(`create index "metric_bucket_range_at_index" on "metric_bucket" ("range", "at");`)
    this.addSql(
      `alter table "metric_bucket" add constraint "metric_bucket_machine_id_range_at_unique" unique ("machine_id", "range", "at");`,
    )
    this.addSql(
      `alter table "machine_state" add "hardware" jsonb null, add "hardware_at" timestamptz null, add "pinned" bigint null, add "security_list_at" timestamptz null, add "trouble_since" timestamptz null, add "trouble_told_at" timestamptz null;`,
    )
    this.addSql(
      `alter table "metric_bucket" add constraint "metric_bucket_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
  }

  override down(): void {
    this.addSql(`drop table "metric_bucket";`)
    this.addSql(
      `alter table "machine_state" drop column "hardware", drop column "hardware_at", drop column "pinned", drop column "security_list_at", drop column "trouble_since", drop column "trouble_told_at";`,
    )
  }
}
