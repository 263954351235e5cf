import { Migration } from '@mikro-orm/migrations'

export class Migration20261129104656 extends Migration {
  override name = 'Migration20261129104656'

  override up(): void {
    this.addSql(`alter table \`file_system\` add column \`no_copy_reason\` text null;`)
    this.addSql(`alter table \`file_system\` add column \`no_copy_by\` text null;`)
    this.addSql(`alter table \`file_system\` add column \`no_copy_at\` datetime null;`)
  }

  override down(): void {
    for (const column of ['no_copy_reason', 'no_copy_by', 'no_copy_at'])
      this.addSql(`alter table \`file_system\` drop column \`${column}\`;`)
  }
}
