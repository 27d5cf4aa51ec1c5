"""Which fixture collection has the records that a path's parameters name."""

from collections.abc import Collection, Mapping

from mockserver.openapi.names import is_same_noun, reference_stem
from mockserver.openapi.operation import path_parameters
from mockserver.resources.infer.inference import ResourceInference


def addressed(path: str, collections: Collection[str], inference: ResourceInference) -> Mapping[str, str]:
    """The collections by path parameter: by its resource, else by the segment before it, else by its name."""
    segments, found = inference.paths.segments(path), {}
    if segments is None:
        return {name: known for name in path_parameters(path) if (known := _named_after(name, collections))}
    places = [index for index, segment in enumerate(segments) if segment is None]
    for place, name in zip(places, path_parameters(path), strict=False):
        resource = inference.resource(segments[:place])
        before = segments[place - 1] if place else None
        if resource is not None and resource.fixture in collections:
            found[name] = resource.fixture
        elif before in collections:
            found[name] = before
        else:
            found[name] = _named_after(name, collections)
    return {name: collection for name, collection in found.items() if collection is not None}


def _named_after(parameter: str, collections: Collection[str]) -> str | None:
    stem = reference_stem(parameter)
    return next((name for name in collections if stem and is_same_noun(name, stem)), None)
