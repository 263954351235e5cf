import { Migration } from '@mikro-orm/migrations'

/** The containers of machines. */
export class Migration20261201024409 extends Migration {
  override name = 'Migration20261201024409'

  override up(): void {
    this.addSql(
      `create table \`machine_container\` (\`id\` text not null primary key, \`machine_id\` text not null, \`name\` text not null, \`container_id\` text not null, \`image\` text not null, \`standing\` text not null, \`exit_code\` integer null, \`oom_killed\` integer null, \`restarts\` integer null, \`restart_policy\` text null, \`started_at\` datetime null, \`finished_at\` datetime null, \`project\` text null, \`service\` text null, \`update\` text not null, \`update_problem\` text null, constraint \`machine_container_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create index \`machine_container_name_id_index\` on \`machine_container\` (\`name\`, \`id\`);`)
    this.addSql(
      `create unique index \`machine_container_machine_id_name_unique\` on \`machine_container\` (\`machine_id\`, \`name\`);`,
    )

    this.addSql(
      `create table \`machine_docker\` (\`id\` text not null primary key, \`machine_id\` text not null, \`told_at\` datetime null, \`problem\` text null, \`engine\` text null, \`version\` text null, \`containers\` integer null, \`running\` integer null, \`troubled\` integer null, \`outdated\` integer null, \`unused_images\` integer null, \`unused_bytes\` bigint null, constraint \`machine_docker_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create unique index \`machine_docker_machine_id_unique\` on \`machine_docker\` (\`machine_id\`);`)
  }

  override down(): void {
    this.addSql(`drop table if exists \`machine_container\`;`)
    this.addSql(`drop table if exists \`machine_docker\`;`)
  }
}
