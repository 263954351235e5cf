import { Migration } from '@mikro-orm/migrations'

export class Migration20261128181536 extends Migration {
  override name = 'Migration20261128181536'

  override up(): void | Promise<void> {
    this.addSql(`alter table \`machine\` add column \`hardware_hash\` text null;`)
    this.addSql(`alter table \`machine\` add column \`boot_hash\` text null;`)
    this.addSql(`alter table \`machine\` add column \`former_boot_hash\` text null;`)
    this.addSql(`alter table \`machine\` add column \`disks_told_at\` datetime null;`)
    // Until now each report counted as one that told of every disk.
    this.addSql(`update \`machine\` set \`disks_told_at\` = \`last_seen_at\`;`)
    this.addSql(`create index \`disk_kernel_serial_index\` on \`disk\` (\`kernel_serial\`);`)
    this.addSql(`alter table \`storage_array\` add column \`unanswered\` integer not null default 0;`)
    this.addSql(`alter table \`storage_array\` add column \`unanswered_since\` datetime null;`)
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table \`storage_array\` drop column \`unanswered_since\`;`)
    this.addSql(`alter table \`storage_array\` drop column \`unanswered\`;`)
    this.addSql(`drop index \`disk_kernel_serial_index\`;`)
    this.addSql(`alter table \`machine\` drop column \`disks_told_at\`;`)
    this.addSql(`alter table \`machine\` drop column \`hardware_hash\`;`)
    this.addSql(`alter table \`machine\` drop column \`boot_hash\`;`)
    this.addSql(`alter table \`machine\` drop column \`former_boot_hash\`;`)
  }
}
