"""Captions on which swapping words blindly goes wrong, marked by hand.

[words] are a direction, a leading "!" forbids mirroring. Everything unmarked must stay as it is, or the picture does.
"""

ENGLISH = """
he was right about the weather
she was right
the umpire was right
you are right, it is a goose
a right whale breaches near a boat
the right whale dives
a southern right whale and its calf
the cup is right side up
a turtle turned right side up
a right-wing politician on a stage
a left-wing rally in a square
the king and his right-hand man
a dancer with two left feet
a leftist slogan
leftist protesters march
righteous anger on a face
rightly proud parents
a Bill of Rights on a table
women's rights marchers
alright, a dog in a tub
a handwritten copyright notice
a wheelwright at work
a shipwright beside a hull
a birthright carved in stone
the rightful owner of a dog
the right person for the job
the right stuff in a bag
Mr. Right with a bouquet
right as rain, a duck in a pond
a train right on time
a man with the right idea
a woman making the right decision
put things right
a wrong and a right way to lift a box
do it right the first time
a duck flies right over a pond
a cat jumps right into a box
right in the middle a vase
a boy with nothing left
three apples left on a tree
one seat left at the table
there is one cookie left
there are two slices left on a plate
not much milk left in the bottle
only two left in the box
a dog left out in the rain
a coat left over a chair
a man left for dead on a beach
luggage left at the station
a left luggage office
toys left scattered on the floor
a bike left leaning on a wall
footprints left in the snow
a trail left by a plane
a mark left on a wall
a scar left by a burn
a note left for a friend
a gap left between two houses
the tide left shells on the beach
the waiter left a cup on the table
a bus that just left
the train left on time
she left her bag on a chair
his wife left him
he left it there
two birds left the nest
a [left]-handed girl with a [right]-handed friend
a ball to the [left] of the [leftmost] cone
the second cup from the [right]
the third window from the [left]
two people, the one on the [left] [left]-handed
the [left] wing of the plane
the [right] headlight is out
the [left] front wheel
the bottom-[right] pixel
a [left]-facing duck
a [right]-facing arrow
a boxer with a raised [left] hand and a lowered [right] one
a man's [left] and [right] shoes
cars turn [left]
a cyclist signals a [left] turn
a sharp [right] turn in the road
the road curves to the [left]
the road bends to the [right] ahead
the [left]-most chair
the [right] half is lit
the girl on the [left]'s hat
the [left] one of two doors
a dog at the [left], looking [right]
the dog is [right] of the cat
the dog is on the [right] of the cat
from the [left]: a cup, a fork
a chair [left] of center
one to the [left], two to the [right]
[right] hand on the wheel
[Left] hand raised
a car parked on the [right] side of a [left] lane
on the [left] hand side a bakery
with his [right] he waves
in her [left] she holds a cup
the player in the [left] court
a [left] shoe and a [right] shoe
a [right] hook lands on a chin
! a right back and a left back on a field
! a southpaw boxer
a goalkeeper dives [right]
! #7 runs to the left
! a player wearing no. 23 on the right
! a mug that reads hello on the left
! a `stop` on the left
! a box marked fragile on the left
! a shirt printed with hello on the right
! a badge with the name Ann on the left
! a van with the phone number on the right
! a banner spelling welcome on the right
! a tattoo of the word love on the left arm
a receipt on the [left]
a poster on the [left]
a newspaper on the [right]
a book cover on the [right]
! a stage right exit
! stage left, a dancer
! a ship seen from starboard
the [port side] of a ship
a lion's [left] eye and [right] ear
"""

MIRRORED = {
    "de": {
        "ein linkshändiger Mann mit einer Rechtshänderin": "ein rechtshändiger Mann mit einer Linkshänderin",
        "der Rechtsabbieger steht links": "der Linksabbieger steht rechts",
        "ein linksdrehender Kreisel": None,
        "rechtsbündige Zeilen auf einem Blatt": None,
        "ein Rechtsanwalt im Rechtsstaat": "ein Rechtsanwalt im Rechtsstaat",
        "ein rechter Winkel aus Holz": "ein rechter Winkel aus Holz",
        "die Rechte der Kinder": "die Rechte der Kinder",
        "recht große Rechtecke, rechtzeitig gemalt": "recht große Rechtecke, rechtzeitig gemalt",
        "ein Schiff, Backbord voraus": None,
        "ein Schild ‚links‘ steht rechts, ‹Halt›": None,
        "linkerhand eine Kirche": "rechterhand eine Kirche",
    },
    "fr": {
        "une ligne droite": None,
        "trois droitiers et deux gauchères": "trois gauchers et deux droitières",
        "un homme adroit et une femme maladroite": "un homme adroit et une femme maladroite",
        "un étudiant en droit": None,
        "le droit de vote": "le droit de vote",
        "un bateau vu de bâbord": "un bateau vu de tribord",
        "une roue dans le sens horaire": None,
        "à droite, une main gauche": "à gauche, une main droite",
    },
    "es": {
        "un estudiante de derecho": None,
        "los derechos humanos": "los derechos humanos",
        "el brazo derecho de un hombre": "el brazo izquierdo de un hombre",
        "dos zurdos y una diestra": "dos diestros y una zurda",
        "siga derecho": None,
        "gira en sentido horario": None,
        "un barco visto por babor": "un barco visto por estribor",
    },
}
"""Language -> caption -> what it must say of the mirrored picture; None where the picture must stay."""

TURNED = {
    "en": {
        "a red ball on green grass under a blue sky": "a green ball on blue grass under a red sky",
        "a glass of red wine": None,
        "a Red Cross van": None,
        "a cup of green tea": None,
        "a blue jay on a branch": None,
        "orange juice in a blue glass": None,
        "a redheaded boy": None,
        "a bluish stone": None,
        "a greenhouse beside a blackboard": "a greenhouse beside a blackboard",
        "a bluebird on a redwood fence": "a bluebird on a redwood fence",
        "a yellow taxi": "a cyan taxi",
    },
    "de": {
        "ein roter Ball auf grünem Gras": "ein grüner Ball auf blauem Gras",
        "die blauen Türen und eine gelbe Wand": None,
        "ein dunkelroter Vorhang": None,
        "eine rothaarige Frau": None,
        "ein Glas, und darin ein roter Wein": None,
        "Gelb ist die Wand": "Cyan ist die Wand",
    },
    "fr": {
        "une robe rouge et un toit vert": "une robe verte et un toit bleu",
        "un ballon rouge": "un ballon vert",
        "une petite voiture rouge": "une petite voiture verte",
        "des robes rouges": None,
        "des robes vertes": "des robes bleues",
        "des chapeaux verts": "des chapeaux bleus",
        "une femme en rouge": "une femme en vert",
        "son écharpe rouge": None,
        "un verre de vin rouge": None,
        "une robe bleu marine": None,
        "un citron vert": None,
        "un poisson rouge": None,
    },
    "es": {
        "una falda roja y un techo verde": "una falda verde y un techo azul",
        "la falda azul": "la falda roja",
        "el coche azul": "el coche rojo",
        "los coches azules": "los coches rojos",
        "las faldas azules": "las faldas rojas",
        "su falda azul": None,
        "vestida de azul": "vestida de rojo",
        "un té verde": None,
        "un coche amarillo": "un coche cian",
        "la pared magenta": "la pared amarilla",
    },
}
"""Language -> caption -> what it must say when red became green, green blue and blue red; None where nothing may."""


def entries():
    """Return the marked English captions."""
    return ENGLISH.strip().splitlines()
