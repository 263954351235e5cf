import { Authorized, Ctx, Query, Resolver } from 'type-graphql'
import { Scope } from '../graphql/scope.ts'
import type { Context } from '../graphql/context.ts'
import type { Row } from '../database/rows.ts'
import { allRooms } from './measure-rooms.ts'
import { Room } from './room.entity.ts'

@Resolver()
export class RoomResolver {
  @Authorized(Scope.READ)
  @Query(() => [Room], {
    description:
      'The file systems that backups and Vigie lie on, as they were read within the last hour, fullest first',
  })
  rooms(@Ctx() { em }: Context): Promise<Row<Room>[]> {
    return allRooms(em)
  }
}
