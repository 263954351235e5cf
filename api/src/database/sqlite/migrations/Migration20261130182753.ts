import { Migration } from '@mikro-orm/migrations'

/** How a machine is: what it told, what that means, and the packages with something to do. */
export class Migration20261130182753 extends Migration {
  override name = 'Migration20261130182753'

  override up(): void {
    this.addSql(
      `create table \`machine_package\` (\`id\` text not null primary key, \`machine_id\` text not null, \`name\` text not null, \`architecture\` text not null, \`change\` text not null, \`kept\` text null, \`installed\` text null, \`candidate\` text null, \`security\` integer null, \`source\` text null, \`since\` datetime not null, \`security_since\` datetime null, constraint \`machine_package_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create index \`machine_package_name_id_index\` on \`machine_package\` (\`name\`, \`id\`);`)
    this.addSql(
      `create unique index \`machine_package_machine_id_name_architecture_unique\` on \`machine_package\` (\`machine_id\`, \`name\`, \`architecture\`);`,
    )
    this.addSql(
      `create table \`machine_state\` (\`id\` text not null primary key, \`machine_id\` text not null, \`updates_at\` datetime null, \`updates_problem\` text null, \`installable\` integer null, \`security\` integer null, \`security_unknown\` integer null, \`added\` integer null, \`removed\` integer null, \`downgraded\` integer null, \`held\` integer null, \`phased\` integer null, \`kept_for_dependency\` integer null, \`download_bytes\` bigint null, \`plan_hash\` text null, \`lists_refreshed_at\` datetime null, \`lists_valid_until\` datetime null, \`busy\` text null, \`interrupted\` integer null, \`broken\` json null, \`security_since\` datetime null, \`reboot_at\` datetime null, \`reboot_reasons\` json null, \`reboot_since\` datetime null, \`kernel_checked\` integer null, \`running_kernel\` text null, \`booted_at\` datetime null, \`security_told_at\` datetime null, \`reboot_told_at\` datetime null, constraint \`machine_state_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create unique index \`machine_state_machine_id_unique\` on \`machine_state\` (\`machine_id\`);`)
    this.addSql(
      `create table \`system_snapshot\` (\`id\` text not null primary key, \`machine_id\` text not null, \`kind\` text not null, \`version\` integer not null, \`content_hash\` text not null, \`collected_at\` datetime not null, \`confirmed_at\` datetime not null, \`payload\` text not null, constraint \`system_snapshot_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(
      `create index \`system_snapshot_machine_id_kind_collected_at_index\` on \`system_snapshot\` (\`machine_id\`, \`kind\`, \`collected_at\`);`,
    )
  }

  override down(): void {
    for (const table of ['machine_package', 'machine_state', 'system_snapshot']) this.addSql(`drop table \`${table}\`;`)
  }
}
