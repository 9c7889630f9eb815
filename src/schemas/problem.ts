/** The shape of every error answer: RFC 9457, with the stable code of docs/errors.md. */
import Type from "typebox";

export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: "The code as a URN", examples: ["urn:orderloom:error:invalid_request"] }),
    title: Type.String({ examples: ["The request does not match the schema."] }),
    status: Type.Integer({ examples: [400] }),
    detail: Type.String({ examples: ["The body does not match the schema: /items/0/quantity must be integer"] }),
    code: Type.String({ description: "Stable, and explained in docs/errors.md", examples: ["invalid_request"] }),
    instance: Type.String({ description: "The path that was asked for", examples: ["/orders"] }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({ description: "A JSON pointer to the field", examples: ["/items/0/quantity"] }),
          detail: Type.String({ examples: ["must be integer"] }),
        }),
      ),
    ),
  },
  { $id: "Problem", description: "An error (RFC 9457, application/problem+json)" },
);
