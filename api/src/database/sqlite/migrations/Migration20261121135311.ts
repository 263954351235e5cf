import { Migration } from '@mikro-orm/migrations'

export class Migration20261121135311 extends Migration {
  override name = 'Migration20261121135311'

  override up(): void | Promise<void> {
    this.addSql(
      `create table \`machine\` (\`id\` text not null primary key, \`machine_key\` text null, \`machine_id_hash\` text null, \`hostname\` text null, \`name\` text null, \`ip\` text null, \`os\` text null, \`os_version\` text null, \`arch\` text null, \`kind\` text not null, \`virtualization\` text null, \`agent_version\` text null, \`agent_is_root\` integer null, \`first_seen_at\` datetime not null, \`last_seen_at\` datetime not null, \`last_received_at\` datetime not null, \`report_times\` json not null, \`silent_at\` datetime not null, \`notes\` json not null, \`archived_at\` datetime null, \`storage_graph\` json null);`,
    )
    this.addSql(`create unique index \`machine_machine_key_unique\` on \`machine\` (\`machine_key\`);`)
    this.addSql(`create index \`machine_hostname_index\` on \`machine\` (\`hostname\`);`)
    this.addSql(`create index \`machine_ip_index\` on \`machine\` (\`ip\`);`)
    this.addSql(`create index \`machine_last_seen_at_index\` on \`machine\` (\`last_seen_at\`);`)
    this.addSql(`create index \`machine_silent_at_index\` on \`machine\` (\`silent_at\`);`)

    this.addSql(
      `create table \`inventory_report\` (\`id\` text not null primary key, \`machine_id\` text not null, \`collected_at\` datetime not null, \`received_at\` datetime not null, \`at\` datetime not null, \`sections\` json not null, \`notes\` json not null, constraint \`inventory_report_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create index \`inventory_report_at_index\` on \`inventory_report\` (\`at\`);`)
    this.addSql(
      `create index \`inventory_report_machine_id_at_index\` on \`inventory_report\` (\`machine_id\`, \`at\`);`,
    )

    this.addSql(
      `create table \`file_system\` (\`id\` text not null primary key, \`machine_id\` text not null, \`key\` text not null, \`mountpoint\` text null, \`mountpoints\` json not null, \`source\` text null, \`fstype\` text null, \`uuid\` text null, \`size_bytes\` bigint null, \`used_bytes\` bigint null, \`free_bytes\` bigint null, \`users\` json null, \`home_bytes\` bigint null, \`last_seen_at\` datetime not null, \`gone_since\` datetime null, constraint \`file_system_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(
      `create index \`file_system_machine_id_gone_since_index\` on \`file_system\` (\`machine_id\`, \`gone_since\`);`,
    )

    this.addSql(
      `create table \`api_client\` (\`id\` text not null primary key, \`name\` text not null, \`prefix\` text not null, \`hash\` text not null, \`scopes\` json not null, \`any_machine\` integer not null, \`machine_id\` text null, \`created_at\` datetime not null, \`last_used_at\` datetime null, \`revoked_at\` datetime null, constraint \`api_client_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`) on delete set null);`,
    )
    this.addSql(`create unique index \`api_client_prefix_unique\` on \`api_client\` (\`prefix\`);`)
    this.addSql(`create index \`api_client_machine_id_index\` on \`api_client\` (\`machine_id\`);`)

    this.addSql(
      `create table \`session\` (\`id\` text not null primary key, \`link_prefix\` text not null, \`link_hash\` text not null, \`created_at\` datetime not null, \`expires_at\` datetime not null, \`started_at\` datetime null, \`prefix\` text null, \`hash\` text null, \`ended_at\` datetime null);`,
    )
    this.addSql(`create unique index \`session_link_prefix_unique\` on \`session\` (\`link_prefix\`);`)
    this.addSql(`create unique index \`session_prefix_unique\` on \`session\` (\`prefix\`);`)

    this.addSql(
      `create table \`disk\` (\`id\` text not null primary key, \`serial\` text null, \`serial_key\` text null, \`model\` text null, \`wwn\` text null, \`aliases\` json not null, \`weak\` integer not null, \`weak_key\` text null, \`type\` text not null, \`bus\` text null, \`role\` text null, \`capacity_bytes\` bigint null, \`firmware\` text null, \`rotation_rpm\` integer null, \`machine_id\` text not null, \`first_machine_id\` text not null, \`device\` text null, \`path\` text null, \`health\` text not null, \`reasons\` json not null, \`rules_version\` integer not null, \`label\` text null, \`first_seen_at\` datetime not null, \`last_seen_at\` datetime not null, \`last_read_at\` datetime null, \`missing_since\` datetime null, \`conflict_since\` datetime null, \`last_snapshot_id\` integer null, \`last_document_id\` text null, \`document_meaning\` text null, \`document_at\` datetime null, \`archived_at\` datetime null, constraint \`disk_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`), constraint \`disk_first_machine_id_foreign\` foreign key (\`first_machine_id\`) references \`machine\` (\`id\`), constraint \`disk_last_snapshot_id_foreign\` foreign key (\`last_snapshot_id\`) references \`snapshot\` (\`id\`) on delete set null, constraint \`disk_last_document_id_foreign\` foreign key (\`last_document_id\`) references \`smart_document\` (\`id\`) on delete set null);`,
    )
    this.addSql(`create index \`disk_serial_key_index\` on \`disk\` (\`serial_key\`);`)
    this.addSql(`create index \`disk_wwn_index\` on \`disk\` (\`wwn\`);`)
    this.addSql(`create unique index \`disk_weak_key_unique\` on \`disk\` (\`weak_key\`);`)
    this.addSql(`create index \`disk_machine_id_index\` on \`disk\` (\`machine_id\`);`)
    this.addSql(`create index \`disk_first_machine_id_index\` on \`disk\` (\`first_machine_id\`);`)
    this.addSql(`create index \`disk_last_snapshot_id_index\` on \`disk\` (\`last_snapshot_id\`);`)
    this.addSql(`create index \`disk_last_document_id_index\` on \`disk\` (\`last_document_id\`);`)
    this.addSql(
      `create index \`disk_archived_at_health_last_read_at_id_index\` on \`disk\` (\`archived_at\`, \`health\`, \`last_read_at\`, \`id\`);`,
    )

    this.addSql(
      `create table \`snapshot\` (\`id\` integer not null primary key autoincrement, \`disk_id\` text not null, \`machine_id\` text not null, \`device\` text null, \`collected_at\` datetime not null, \`at\` datetime not null, \`outcome\` text not null, \`cause\` text null, \`source\` text not null, \`health\` text not null, \`reasons\` json not null, \`rules_version\` integer not null, \`reported_status\` text null, \`reported_label\` text null, \`reported_detail\` text null, \`temperature\` integer null, \`power_on_hours\` integer null, \`reallocated\` bigint null, \`pending\` bigint null, \`uncorrectable\` bigint null, \`percentage_used\` integer null, \`media_errors\` bigint null, \`counters\` json null, \`document_id\` text null, constraint \`snapshot_disk_id_foreign\` foreign key (\`disk_id\`) references \`disk\` (\`id\`), constraint \`snapshot_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`), constraint \`snapshot_document_id_foreign\` foreign key (\`document_id\`) references \`smart_document\` (\`id\`) on delete restrict);`,
    )
    this.addSql(`create index \`snapshot_document_id_index\` on \`snapshot\` (\`document_id\`);`)
    this.addSql(`create index \`snapshot_disk_id_at_index\` on \`snapshot\` (\`disk_id\`, \`at\`);`)

    this.addSql(
      `create table \`smart_document\` (\`id\` text not null primary key, \`disk_id\` text not null, \`at\` datetime not null, \`meaning\` text not null, \`daily\` integer not null, \`content\` blob not null, constraint \`smart_document_disk_id_foreign\` foreign key (\`disk_id\`) references \`disk\` (\`id\`));`,
    )
    this.addSql(`create index \`smart_document_daily_at_index\` on \`smart_document\` (\`daily\`, \`at\`);`)
    this.addSql(`create index \`smart_document_disk_id_at_index\` on \`smart_document\` (\`disk_id\`, \`at\`);`)

    this.addSql(
      `create table \`file_system_disk\` (\`file_system_id\` text not null, \`disk_id\` text not null, primary key (\`file_system_id\`, \`disk_id\`), constraint \`file_system_disk_file_system_id_foreign\` foreign key (\`file_system_id\`) references \`file_system\` (\`id\`) on update cascade on delete cascade, constraint \`file_system_disk_disk_id_foreign\` foreign key (\`disk_id\`) references \`disk\` (\`id\`) on update cascade on delete cascade);`,
    )
    this.addSql(`create index \`file_system_disk_disk_id_index\` on \`file_system_disk\` (\`disk_id\`);`)

    this.addSql(
      `create table \`event\` (\`id\` integer not null primary key autoincrement, \`type\` text not null, \`severity\` text not null, \`at\` datetime not null, \`cause\` text not null, \`actor\` text null, \`machine_id\` text null, \`disk_id\` text null, \`from\` text null, \`to\` text null, \`facts\` json not null, constraint \`event_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`) on delete set null, constraint \`event_disk_id_foreign\` foreign key (\`disk_id\`) references \`disk\` (\`id\`) on delete set null);`,
    )
    this.addSql(`create index \`event_at_index\` on \`event\` (\`at\`);`)
    this.addSql(`create index \`event_type_id_index\` on \`event\` (\`type\`, \`id\`);`)
    this.addSql(`create index \`event_disk_id_id_index\` on \`event\` (\`disk_id\`, \`id\`);`)
    this.addSql(`create index \`event_machine_id_id_index\` on \`event\` (\`machine_id\`, \`id\`);`)

    this.addSql(
      `create table \`disk_stay\` (\`id\` text not null primary key, \`disk_id\` text not null, \`machine_id\` text not null, \`device\` text null, \`since\` datetime not null, \`last_seen_at\` datetime not null, \`until\` datetime null, constraint \`disk_stay_disk_id_foreign\` foreign key (\`disk_id\`) references \`disk\` (\`id\`), constraint \`disk_stay_machine_id_foreign\` foreign key (\`machine_id\`) references \`machine\` (\`id\`));`,
    )
    this.addSql(`create index \`disk_stay_machine_id_until_index\` on \`disk_stay\` (\`machine_id\`, \`until\`);`)
    this.addSql(`create index \`disk_stay_disk_id_since_index\` on \`disk_stay\` (\`disk_id\`, \`since\`);`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists \`machine\`;`)
    this.addSql(`drop table if exists \`inventory_report\`;`)
    this.addSql(`drop table if exists \`file_system\`;`)
    this.addSql(`drop table if exists \`api_client\`;`)
    this.addSql(`drop table if exists \`session\`;`)
    this.addSql(`drop table if exists \`disk\`;`)
    this.addSql(`drop table if exists \`snapshot\`;`)
    this.addSql(`drop table if exists \`smart_document\`;`)
    this.addSql(`drop table if exists \`file_system_disk\`;`)
    this.addSql(`drop table if exists \`event\`;`)
    this.addSql(`drop table if exists \`disk_stay\`;`)
  }
}
