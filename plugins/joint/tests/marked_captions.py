"""200 captions, marked by hand. [word] is a direction, <word> a colour, a leading "!" forbids mirroring."""

import re

MARKED = """
a dog sits on the [left]
a dog sits on the [right]
a <red> car parked [left] of a <blue> truck
a <green> apple [right] of a <yellow> lemon
[Left] of the bowl there is a spoon
[Right] of the bowl there is a fork
the lamp on the [right] is bright
the lamp on the [left] is dark
a man standing upright next to a <brown> horse
a man holding a knife in his [right] hand
a woman waves with her [left] hand
two cups, [left] and [right]
a dog [left] of the cat and [right] of the sofa
from [left] to [right]: a cup, a pan and a pot
from [right] to [left]: three bottles
the [leftmost] bottle is <green>
the [rightmost] bottle is <blue>
an arrow points [left]
an arrow pointing [right]
the car is turning [left]
the bus is turning [right]
a [left]-handed guitarist on stage
a [right]-handed pitcher throws the ball
the cat looks to the [left]
the cat looks to the [right]
a bicycle leans to the [left] against a wall
a girl in a <pink> dress on the far [right]
a boy in an <orange> shirt on the far [left]
the upper [left] corner shows the moon
the lower [right] corner shows a boat
a bird in the upper-[left] corner
a bird in the lower-[right] corner
the bottom [left] tile is <purple>
the top [right] tile is <cyan>
a leaf drifts [leftward]
a leaf drifts [rightward]
the train moves [leftwards] through the snow
the train moves [rightwards] through the snow
the [LEFT] shoe is missing
the [RIGHT] shoe is <RED>
[Left]-hand drive cars in a row
a [right]-hand glove on the table
the runner's [left] leg is bandaged
the dog lifts its [right] paw
the bird spreads its [left] wing
her [right] ear has an earring
his [left] eye is covered by a patch
a tattoo on the [right] shoulder
a scar on the [left] cheek
the [right] wheel of the cart is broken
the [left] window is open
the [left] half of the picture is dark
the [right] half of the picture is bright
a tree stands on the [left] side of the road
a tree stands on the [right] side of the road
[left]/[right] arrows on a remote control
a slide that turns [clockwise]
a wheel spinning [counterclockwise]
the one on the [right] under a tree wears a hat
the boat on the [left] behind the pier
a cat on the [left], a dog on the [right]
a cat to the [left] of a dog to the [right] of a bird
the player kicks the ball with the [right] foot
a statue facing [left]
a statue facing [right]
the woman on the [left] is taller than the woman on the [right]
the tower on the [left] leans slightly
a <turquoise> vase to the [right]
the [left] lane is empty
the [right] lane is jammed
the [left] bank of the river
a cup at [left], a plate at [right]
the cup (on the [left]) is full
on the [right], a <golden> statue
on the [left], a <beige> sofa
to the [left] a <violet> flower, to the [right] a <pink> one
a man with a watchful look in front of a <green> door
the twins sit [left] and [right] of their mother
an athlete tilts [left]
an athlete leans [right]
the kid veers [left]
the first turn on the [left]
a horse heading [right]
a path bends [left]
the fox goes [right]
the [Left] page is empty
the [Right] page is full
The <Red> ball is on the [Left]
THE BALL IS ON THE [LEFT]
the front [left] wheel is flat
the rear [right] door is open
the back [left] corner of the room
the middle [right] drawer is open
a <crimson> rose at the [left] edge
a <lavender> field at the [right] edge
all right, the dog is here
that's right, a horse in a bathtub
a bright day at the beach
an upright piano in a hall
a brightly lit room
he has left the building
she had left her umbrella
they left the party
who left the door open
leftovers in a <blue> bowl
left-over pizza on a plate
what is left of the sandcastle
a suitcase left behind
a bag left unattended at the airport
a cat sits right next to a dog
a dog right in front of a house
a bird right above the water
the right answer is circled
the right size for a child
a right angle drawn in chalk
a right triangle on a board
civil right protesters in a square
a copyright lawyer at a desk
a copyright symbol made of wood
a man copes with a wright's tools
the right time for a nap
she is right here
the right tool lies on the bench
the playwright waves
an outright win for the team
a downright funny hat
forthright speakers on a stage
a fright wig on a mannequin
a cleft chin
a theft in the night
! a sign that says "turn [left]" at a corner
! a sign that reads STOP to the [right] of a tree
! a board with the word exit on the [left]
! a shirt with the text hello
! a mug with the inscription "dad"
! a poster reading 'sale' on the [right]
! a map of Spain on the [left] wall
! a clock on the [right] wall
! the sun sets in the west
! an eastern temple to the [left]
! graffiti on the [right]
! a logo on the [left] sleeve
! a bus with the number 42 on the [right]
! the man left the room
! she left early
! the guests left at noon
only one slice was left in the box and a cup on the [left]
! a car turning [right] at the corner
! books left on the table
! a caption below the photo on the [right]
! a letter on the [left] of the table
! handwriting on a <yellow> note
! a license plate on the [left] car
! "left" and "right" are painted on the road
! northwest of the lake stands a hut
! a keyboard with a <red> key on the [left]
a <red> rose
a <Red> rose
a <RED> rose.
a <red>, ripe tomato
a <reddish> sunset
a <blue>-eyed cat
a <blue> and white boat
a <blue>/<green> parrot
a <golden> retriever
the <greenest> meadow
some <oranges> on a table
a woman with <blonde> hair
a <brown> dog on <green> grass under a <blue> sky
a <violet> door
a <teal> bicycle
a <navy> uniform
a <maroon> carpet
an <olive> tree
a <khaki> jacket
a <magenta> lamp next to a <cyan> lamp
a <yellow> taxi on the [right]
a <yellow> bus and a <red> bus
a <blue>, a <red> and a <green> ball
a <purple> and <pink> sky
a <rainbow> over the hills
a <tan> coat
a <bronze> statue on the [left]
a <copper> kettle
a <salmon> colored wall
an <emerald> ring
a <scarlet> ribbon on the [left]
a <blueish> light
a <yellowish> page
a <mustard> jacket, [left] of a <burgundy> scarf
a <red>-haired woman
a bluebird on a redwood fence
a greenhouse with a goldfish pond
a blackboard in a hall
an evergreen bush behind an evergreen hedge
a tanned man on a beach
a bluetooth speaker on a shelf
a woman wearing a plain dress
a child with a kite
three sheep in a field
"""


SWAPS = {
    "left": "right",
    "right": "left",
    "leftmost": "rightmost",
    "rightmost": "leftmost",
    "leftward": "rightward",
    "rightward": "leftward",
    "leftwards": "rightwards",
    "rightwards": "leftwards",
    "clockwise": "counterclockwise",
    "counterclockwise": "clockwise",
}
TURNS = {"red": "green", "green": "blue", "blue": "red", "yellow": "cyan", "cyan": "magenta", "magenta": "yellow"}


def entries():
    """Return the marked captions."""
    return [line for line in MARKED.strip().splitlines() if line.strip()]


def forbidden(entry):
    """Whether the picture of a caption must not be mirrored."""
    return entry.startswith("!")


def coloured(entry):
    """Whether the caption names a colour."""
    return "<" in entry


def plain(entry):
    """Return the caption without its marks."""
    return re.sub(r"[\[\]<>]", "", entry.removeprefix("!").strip())


def mirrored(entry):
    """Return what the caption must say of the mirrored picture."""
    return plain(re.sub(r"\[(\w+)\]", lambda m: _like(m[1], SWAPS[m[1].lower()]), entry))


def turned(entry, steps):
    """Return what the caption must say when red became green and so on, None if a colour has no word then."""
    found = re.findall(r"<(\w+)>", entry)
    if any(word.lower() not in TURNS for word in found):
        return None

    def one(match):
        word = match[1].lower()
        for _ in range(steps):
            word = TURNS[word]
        return _like(match[1], word)

    return plain(re.sub(r"<(\w+)>", one, entry))


def _like(model, word):
    return word.upper() if model.isupper() else word.capitalize() if model[0].isupper() else word
