"""Words that no locale brings along."""

# fmt: off
ADJECTIVES = (
    "Amber", "Arctic", "Autumn", "Blue", "Bold", "Bright", "Calm", "Central", "Classic", "Clear",
    "Coastal", "Copper", "Coral", "Crystal", "Eastern", "Fresh", "Golden", "Grand", "Green", "Harbor",
    "Hidden", "Ivory", "Jade", "Little", "Lunar", "Maple", "Modern", "Mountain", "New", "Noble",
    "Northern", "Ocean", "Olive", "Open", "Prime", "Quiet", "Rapid", "Red", "River", "Royal", "Silver",
    "Smart", "Solar", "Southern", "Summer", "Swift", "Urban", "Velvet", "Western", "Winter",
)
"""The first half of what things are called."""
NOUNS = (
    "Arch", "Atlas", "Avenue", "Bay", "Beacon", "Bridge", "Brook", "Canyon", "Castle", "Cedar",
    "Circle", "Cove", "Crest", "Delta", "Field", "Forest", "Garden", "Gate", "Grove", "Harbor", "Haven",
    "Hill", "Horizon", "Island", "Lake", "Lantern", "Leaf", "Meadow", "Mill", "Orchard", "Park", "Path",
    "Peak", "Pine", "Point", "Port", "Quarter", "Ridge", "River", "Rock", "Shore", "Spring", "Square",
    "Station", "Stone", "Summit", "Tower", "Trail", "Valley", "View", "Vista", "Wave",
)
"""The second half."""
RARE = (
    "deleted", "archived", "error", "failed", "disabled", "blocked", "locked", "cancelled", "test",
    "fork", "private", "suspended", "hidden",
)
"""What is seldom true of a thing."""
USUAL = (
    "active", "enabled", "verified", "success", "available", "valid", "public", "visible", "ok",
    "confirmed", "approved", "activo",
)
"""What is mostly true of a thing."""
# fmt: on
