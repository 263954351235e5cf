import { Migration } from '@mikro-orm/migrations'

/** Which packages are installed on which machines. */
export class Migration20261201124115 extends Migration {
  override name = 'Migration20261201124115'

  override up(): void {
    this.addSql(
      `create table "package_version" ("id" text collate "C" not null, "name" text collate "C" not null, "architecture" text collate "C" not null, "version" text collate "C" not null, "source" text collate "C" not null, primary key ("id"));`,
    )
    this.addSql(`create index "package_version_name_version_index" on "package_version" ("name", "version");`)

    this.addSql(
      `create table "installed_package" ("id" text collate "C" not null, "machine_id" text collate "C" not null, "package_id" text collate "C" not null, "held" boolean not null, "installed_at" timestamptz null, "since" timestamptz not null, primary key ("id"));`,
    )
    this.addSql(
      `create index "installed_package_package_id_machine_id_index" on "installed_package" ("package_id", "machine_id");`,
    )
    this.addSql(
      `alter table "installed_package" add constraint "installed_package_machine_id_package_id_unique" unique ("machine_id", "package_id");`,
    )

    this.addSql(
      `alter table "machine_state" add "installed_packages" bigint null, add "packages_at" timestamptz null, add "packages_problem" text collate "C" null;`,
    )

    this.addSql(
      `alter table "installed_package" add constraint "installed_package_machine_id_foreign" foreign key ("machine_id") references "machine" ("id") deferrable initially immediate;`,
    )
    this.addSql(
      `alter table "installed_package" add constraint "installed_package_package_id_foreign" foreign key ("package_id") references "package_version" ("id") deferrable initially immediate;`,
    )
  }

  override down(): void {
    this.addSql(`drop table if exists "installed_package" cascade;`)
    this.addSql(`drop table if exists "package_version" cascade;`)

    this.addSql(
      `alter table "machine_state" drop column "installed_packages", drop column "packages_at", drop column "packages_problem";`,
    )
  }
}
