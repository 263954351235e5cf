import { Migration } from '@mikro-orm/migrations'

export class Migration20261128150000 extends Migration {
  override name = 'Migration20261128150000'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`scan\` add column \`files_waiting\` integer not null default 0;`)
    this.addSql(`alter table \`api_client\` add column \`refused\` text null;`)
    this.addSql(`alter table \`expected_job\` add column \`due_means\` text not null default 'BEGINS';`)
    this.addSql(`alter table \`backup_file\` add column \`arrived_at\` datetime not null default 0;`)
    this.addSql(`alter table \`backup_file\` add column \`has_manifest\` integer not null default false;`)
    this.addSql(
      `create index "backup_file_manifest" on "backup_file" ("id") where state = 'VAULT' and has_manifest = 0;`,
    )
    this
      .addSql(`create table "room" ("id" text not null primary key, "path" text not null, "uses" json not null, "used" bigint not null,
      "free" bigint not null, "level" text not null, "full_at" datetime null, "read_at" datetime not null,
      "unreadable" text null, "days" json not null);`)
    this
      .addSql(`create table "unawaited_file" ("id" text not null primary key, "root" text not null, "path" text not null,
      "agent_id" text not null, "size" bigint not null, "dev" text not null, "ino" text not null,
      "mtime_ns" text not null, "ctime_ns" text not null, "since" datetime not null, "sha256" text null,
      "proven_by_id" text null, constraint "unawaited_file_proven_by_id_foreign" foreign key ("proven_by_id")
      references "backup_file" ("id") on delete set null);`)
    this.addSql(`create unique index "room_path_unique" on "room" ("path");`)
    this.addSql(`create index "unawaited_file_agent_id_index" on "unawaited_file" ("agent_id");`)
    this.addSql(`create index "unawaited_file_proven_by_id_index" on "unawaited_file" ("proven_by_id");`)
    this.addSql(`create index "unawaited_file_size_id_index" on "unawaited_file" ("size", "id");`)
    this.addSql(`create unique index "unawaited_file_root_path_unique" on "unawaited_file" ("root", "path");`)
    this.addSql(`create index "backup_file_vault_size" on "backup_file" ("size") where state = 'VAULT';`)
    this.addSql(`create index "backup_file_vault_sha256" on "backup_file" ("sha256") where state = 'VAULT';`)
    this.addSql(`update backup_file set arrived_at = seen_at;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table "unawaited_file";`)
    this.addSql(`drop table "room";`)
    this.addSql(`alter table \`scan\` drop column \`files_waiting\`;`)
    this.addSql(`alter table \`api_client\` drop column \`refused\`;`)
    this.addSql(`alter table \`expected_job\` drop column \`due_means\`;`)
    this.addSql(`drop index "backup_file_manifest";`)
    this.addSql(`drop index "backup_file_vault_size";`)
    this.addSql(`drop index "backup_file_vault_sha256";`)
    this.addSql(`alter table \`backup_file\` drop column \`has_manifest\`;`)
    this.addSql(`alter table \`backup_file\` drop column \`arrived_at\`;`)
  }
}
