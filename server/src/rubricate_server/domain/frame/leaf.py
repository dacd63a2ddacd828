"""The attributes of OpenInference that end a path: what has a column, or a dotted key, of its own."""

from typing import Final

# The attributes of OpenInference that have a column of their own, or, inside list elements, a dotted key of their own.
LEAVES: Final = frozenset(
    prefix + name
    for prefix, names in {
        "": "metadata openinference.span.kind session.id user.id tag.tags agent.name",
        "input.": "value mime_type images documents",
        "output.": "value mime_type images documents",
        "llm.": "model_name request.model_name response.model_name provider system finish_reason invocation_parameters"
        " input_messages output_messages prompts choices tools function_call",
        "llm.prompt_template.": "template variables version",
        "llm.token_count.": "prompt completion total prompt_details.audio prompt_details.cache_read"
        " prompt_details.cache_write prompt_details.cache_input completion_details.audio completion_details.reasoning",
        "llm.cost.": "prompt completion total prompt_details.input prompt_details.audio prompt_details.cache_read"
        " prompt_details.cache_write prompt_details.cache_input completion_details.output completion_details.audio"
        " completion_details.reasoning",
        "message.": "role content name tool_call_id function_call_name function_call_arguments_json contents"
        " tool_calls finish_reason",
        "message_content.": "type text id signature data encrypted_content image audio video document",
        "image.": "url",
        "video.": "url",
        "audio.": "url mime_type transcript",
        "document.": "id score content metadata url mime_type name",
        "tool.": "name description id parameters json_schema",
        "tool_call.": "id function.name function.arguments reasoning_signature",
        "retrieval.": "documents",
        "reranker.": "input_documents output_documents query model_name top_k",
        "embedding.": "model_name invocation_parameters embeddings text vector",
        "graph.node.": "id name parent_id",
        "prompt.": "text vendor id url",
        "completion.": "text",
        "decision.": "model_name request.model_name response.model_name provider system token_count.input"
        " token_count.output",
    }.items()
    for name in names.split()
)
ROOTS: Final = frozenset(leaf.split(".")[0] for leaf in LEAVES)
LONGEST_LEAF: Final = max(leaf.count(".") + 1 for leaf in LEAVES)

# Their objects are somebody else's: the keys inside stay as they are.
OPAQUE: Final = frozenset({"metadata", "document.metadata", "llm.prompt_template.variables", "tool.parameters"})
