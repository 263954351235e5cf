import type { FastifyReply } from 'fastify'

/** Answers in the shape of GraphQL's errors, also where no GraphQL is spoken. */
export const refuse = (
  reply: FastifyReply,
  status: number,
  error: { message: string; extensions: object },
): FastifyReply => reply.status(status).send({ errors: [{ message: error.message, extensions: error.extensions }] })
