"""English word lists for names and texts, which Faker does not have."""

# fmt: off
ADJECTIVES = (
    "Amber", "Arctic", "Autumn", "Blue", "Bold", "Bright", "Calm", "Central", "Classic", "Clear",
    "Coastal", "Copper", "Coral", "Crystal", "Eastern", "Fresh", "Golden", "Grand", "Green", "Harbor",
    "Hidden", "Ivory", "Jade", "Little", "Lunar", "Maple", "Modern", "Mountain", "New", "Noble",
    "Northern", "Ocean", "Olive", "Open", "Prime", "Quiet", "Rapid", "Red", "River", "Royal", "Silver",
    "Smart", "Solar", "Southern", "Summer", "Swift", "Urban", "Velvet", "Western", "Winter",
)
"""The first halves of names for things."""
NOUNS = (
    "Arch", "Atlas", "Avenue", "Bay", "Beacon", "Bridge", "Brook", "Canyon", "Castle", "Cedar",
    "Circle", "Cove", "Crest", "Delta", "Field", "Forest", "Garden", "Gate", "Grove", "Harbor", "Haven",
    "Hill", "Horizon", "Island", "Lake", "Lantern", "Leaf", "Meadow", "Mill", "Orchard", "Park", "Path",
    "Peak", "Pine", "Point", "Port", "Quarter", "Ridge", "River", "Rock", "Shore", "Spring", "Square",
    "Station", "Stone", "Summit", "Tower", "Trail", "Valley", "View", "Vista", "Wave",
)
"""The second halves of names for things."""
TITLES = (
    "{thing} overview", "Notes on the {thing} project", "Plan for {thing}", "{thing} update",
    "Getting started with {thing}", "{thing} checklist", "Questions about {thing}", "Welcome to {thing}",
    "{thing} follow-up", "Changes to {thing}", "{thing} weekly report", "First look at {thing}",
    "{thing} launch", "Ideas for {thing}", "A guide to {thing}", "Review of {thing}",
)
"""Templates for titles."""
SENTENCES = (
    "The {thing} is ready for review.", "Please see the notes on {thing} for details.",
    "This is about the {thing} project.", "We moved {thing} to next week.",
    "The team at {thing} asked for a short summary.", "Everything for {thing} has been checked twice.",
    "More details about {thing} will follow soon.", "The latest version of {thing} is easier to use.",
    "{thing} works well for small teams.", "There are a few open questions about {thing}.",
    "A simple way to get started with {thing}.", "Made with care for people who like {thing}.",
    "The plan for {thing} was shared with everyone.", "Nothing else is needed for {thing} at the moment.",
    "Feedback on {thing} is welcome at any time.", "This one was prepared together with {thing}.",
)
"""Templates for sentences."""
REMARKS = (
    "Done.", "On hold.", "See notes.", "All good.", "Thank you.", "In progress.", "No comment.",
    "Works well.", "Please review.", "Ready for review.", "Nothing to add.", "As discussed.",
    "Needs another look.", "Will follow up soon.", "Everything is checked.", "Looks good to everyone.",
    "More details will follow soon.", "Please call before you come by.",
    "This was agreed with the whole team.",
)
"""Short sentences, for texts with little room."""
RARE = (
    "deleted", "archived", "error", "failed", "disabled", "blocked", "locked", "cancelled", "test",
    "fork", "private", "suspended", "hidden",
)
"""Flags that are rarely true."""
USUAL = (
    "active", "enabled", "verified", "success", "available", "valid", "public", "visible", "ok",
    "confirmed", "approved", "activo",
)
"""Flags that are mostly true."""
# fmt: on
