"""What may be chosen for a chat."""

from AI_model.config_rules import model_problem
from core.lib.rest import refuse


def check_model(*, business_id: str, model_name: str, field: str = "model_name") -> str:
    """The name itself ("" = the default); DomainError that lists the choices for any other."""
    if model_name and (problem := model_problem(model_name, business_id=business_id)):
        refuse(field, problem)
    return model_name
