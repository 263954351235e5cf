import { Migration } from '@mikro-orm/migrations'

/** The containers of machines. */
export class Migration20261201024411 extends Migration {
  override name = 'Migration20261201024411'

  override up(): void {
    this.addSql(
      `create table "machine_container" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "name" text collate "C" not null, "container_id" text collate "C" not null, "image" text collate "C" not null, "standing" text collate "C" not null, "exit_code" bigint null, "oom_killed" boolean null, "restarts" bigint null, "restart_policy" text collate "C" null, "started_at" timestamptz null, "finished_at" timestamptz null, "project" text collate "C" null, "service" text collate "C" null, "update" text collate "C" not null, "update_problem" text collate "C" null, primary key ("id"));`,
    )
    this.addSql(`create index "machine_container_name_id_index" on "machine_container" ("name", "id");`)
    this.addSql(
      `alter table "machine_container" add constraint "machine_container_machine_id_name_unique" unique ("machine_id", "name");`,
    )

    this.addSql(
      `create table "machine_docker" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "told_at" timestamptz null, "problem" text collate "C" null, "engine" text collate "C" null, "version" text collate "C" null, "containers" bigint null, "running" bigint null, "troubled" bigint null, "outdated" bigint null, "unused_images" bigint null, "unused_bytes" bigint null, primary key ("id"));`,
    )
    this.addSql(
      `alter table "machine_docker" add constraint "machine_docker_machine_id_unique" unique ("machine_id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "machine_container" add constraint "machine_container_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )

    this.addSql(
      `alter table "machine_docker" add constraint "machine_docker_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
  }

  override down(): void {
    this.addSql(`drop table if exists "machine_container" cascade;`)
    this.addSql(`drop table if exists "machine_docker" cascade;`)
  }
}
