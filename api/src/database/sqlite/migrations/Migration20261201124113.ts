import { Migration } from '@mikro-orm/migrations'

/** Which packages are installed on which machines. */
export class Migration20261201124113 extends Migration {
  override name = 'Migration20261201124113'

  override up(): void {
    this.addSql(
      `create table \`package_version\` (\`id\` text not null primary key, \`name\` text not null, \`architecture\` text not null, \`version\` text not null, \`source\` text not null);`,
    )
    this.addSql(`create index \`package_version_name_version_index\` on \`package_version\` (\`name\`, \`version\`);`)

    this.addSql(
      `create table \`installed_package\` (\`id\` text not null primary key, \`machine_id\` text not null, \`package_id\` text not null, \`held\` integer not null, \`installed_at\` datetime null, \`since\` datetime not null, constraint \`installed_package_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`), constraint \`installed_package_package_id_foreign\` foreign key (\`package_id\`) references \`package_version\` (\`id\`));`,
    )
    this.addSql(
      `create index \`installed_package_package_id_machine_id_index\` on \`installed_package\` (\`package_id\`, \`machine_id\`);`,
    )
    this.addSql(
      `create unique index \`installed_package_machine_id_package_id_unique\` on \`installed_package\` (\`machine_id\`, \`package_id\`);`,
    )

    this.addSql(`alter table \`machine_state\` add column \`installed_packages\` integer null;`)
    this.addSql(`alter table \`machine_state\` add column \`packages_at\` datetime null;`)
    this.addSql(`alter table \`machine_state\` add column \`packages_problem\` text null;`)
  }

  override down(): void {
    this.addSql(`drop table if exists \`installed_package\`;`)
    this.addSql(`drop table if exists \`package_version\`;`)

    this.addSql(`alter table \`machine_state\` drop column \`installed_packages\`;`)
    this.addSql(`alter table \`machine_state\` drop column \`packages_at\`;`)
    this.addSql(`alter table \`machine_state\` drop column \`packages_problem\`;`)
  }
}
