"""Whatever the model does, the customer is answered or handed to a person."""

import pytest

MODES = ["prose", "fenced", "empty", "error_500", "error_429", "error_400", "loop", "garbage", "unknown_tool"]


@pytest.mark.parametrize("mode", MODES)
def test_a_model_that_misbehaves_ends_with_an_answer_or_a_person(stack, mode):
    stack.model.mode(mode)
    phone = f"+5511910{MODES.index(mode):06d}"
    message = stack.chatwoot.customer_says(stack.acme.chatwoot.id, "Qual o prazo de entrega?", phone=phone)
    conversation = message.conversation
    assert stack.chatwoot.desk.wait_for(lambda: conversation.replies(message.id) or conversation.status == "open", 150)
    assert conversation.status == "open" or conversation.replies(message.id)[0].content.strip()
    if conversation.status == "open":
        assert stack.chatwoot.desk.wait_for(lambda: any(note.private for note in conversation.messages), 30)
