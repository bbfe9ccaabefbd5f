"""Whatever the model does, the customer is answered or handed to a person."""

import pytest


@pytest.mark.parametrize("mode", ["prose", "500", "429", "loop", "empty"])
def test_a_model_that_misbehaves_ends_with_an_answer_or_a_person(stack, mode):
    stack.model.set_mode(mode)
    try:
        message = stack.chatwoot.customer_says(
            stack.acme.chatwoot.id, "Qual o prazo de entrega?", phone=f"+55119100000{len(mode)}"
        )
        conversation = message.conversation
        assert stack.chatwoot.desk.wait_for(
            lambda: conversation.replies(message.id) or conversation.status == "open", 120
        )
    finally:
        stack.model.set_mode("normal")
    assert conversation.status == "open" or conversation.replies(message.id)[0].content.strip()
    if conversation.status == "open":
        assert stack.chatwoot.desk.wait_for(lambda: any(note.private for note in conversation.messages), 30)
