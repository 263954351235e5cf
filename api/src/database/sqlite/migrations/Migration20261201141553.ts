import { Migration } from '@mikro-orm/migrations'

/** Since when a file system is read-only after errors. */
export class Migration20261201141553 extends Migration {
  override name = 'Migration20261201141553'

  override up(): void {
    this.addSql(`alter table \`file_system\` add column \`went_read_only_at\` datetime null;`)
  }

  override down(): void {
    this.addSql(`alter table \`file_system\` drop column \`went_read_only_at\`;`)
  }
}
