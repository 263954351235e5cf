import { Migration20261128223000 } from './migrations/Migration20261128223000.ts'
import { Migration20261129031000 } from './migrations/Migration20261129031000.ts'
import { Migration20261129104658 } from './migrations/Migration20261129104658.ts'
import { Migration20261129135155 } from './migrations/Migration20261129135155.ts'
import { Migration20261129151501 } from './migrations/Migration20261129151501.ts'
import { Migration20261130061957 } from './migrations/Migration20261130061957.ts'
import { Migration20261130063350 } from './migrations/Migration20261130063350.ts'
import { Migration20261130132015 } from './migrations/Migration20261130132015.ts'
import { Migration20261130182754 } from './migrations/Migration20261130182754.ts'
import { Migration20261130191323 } from './migrations/Migration20261130191323.ts'
import { Migration20261130221401 } from './migrations/Migration20261130221401.ts'
import { Migration20261201015758 } from './migrations/Migration20261201015758.ts'
import { Migration20261201024411 } from './migrations/Migration20261201024411.ts'
import { Migration20261201033953 } from './migrations/Migration20261201033953.ts'
import { Migration20261201124115 } from './migrations/Migration20261201124115.ts'
import { Migration20261201132819 } from './migrations/Migration20261201132819.ts'
import { Migration20261201141555 } from './migrations/Migration20261201141555.ts'
import { Migration20261201143615 } from './migrations/Migration20261201143615.ts'

/** Every migration, the oldest first, as in sqlite/migrations.ts; the first makes what SQLite had by then. */
export const migrations = [
  Migration20261128223000,
  Migration20261129031000,
  Migration20261129104658,
  Migration20261129135155,
  Migration20261129151501,
  Migration20261130061957,
  Migration20261130063350,
  Migration20261130132015,
  Migration20261130182754,
  Migration20261130191323,
  Migration20261130221401,
  Migration20261201015758,
  Migration20261201024411,
  Migration20261201033953,
  Migration20261201124115,
  Migration20261201132819,
  Migration20261201141555,
  Migration20261201143615,
]
