"""Captions with one word of direction in four languages, made from templates: what they say mirrored is known so.

A template has ``{l|r}`` where one of the two words stands; the mirrored caption has the other. ``{a}`` and ``{b}`` are
things. What stands in DISTRACTORS looks like a direction and is none, so that it must say the same afterwards.
"""

import re
from itertools import product

THINGS = {
    "en": ["a dog", "a red chair", "the old bicycle", "a sleeping cat", "a police officer", "two candles"],
    "de": ["ein Hund", "ein roter Stuhl", "das alte Fahrrad", "eine schlafende Katze", "ein Bagger", "zwei Kerzen"],
    "fr": ["un chien", "une chaise rouge", "le vieux vélo", "un chat endormi", "une grue", "deux bougies"],
    "es": ["un perro", "una silla roja", "la vieja bicicleta", "un gato dormido", "una grúa", "dos velas"],
}

TEMPLATES = {
    "en": """
{a} on the {left|right}
{a} {left|right} of {b}
{a} to the {left|right} of {b}
on the {left|right} there is {a}
{a} in the lower {left|right} corner
{a} at the top {left|right}
{a} stands on the {left|right} side of the street
the {leftmost|rightmost} thing in the picture is {a}
{a} is {left|right} of {b}.
Is {a} to the {left|right} of {b}?
What is {left|right} of {b}?
What is on the {left|right} side of {b}? It is {a}.
The man raises his {left|right} arm next to {a}
a woman holding {a} in her {left|right} hand
{a} lies at the {left|right} edge of the table
{a} facing {left|right}
{a} moves to the {left|right}
an arrow pointing {left|right} towards {a}
{a} turns {left|right} at the crossing
the {left|right} half of the photo shows {a}
{a} with a bandaged {left|right} leg
{a}, seen from the {left|right}
pick up {a} with the {left|right} hand
a {left|right}-handed player beside {a}
{a} at far {left|right}, under a tree
the {left|right} one is {a}
{a} leans to the {left|right} against {b}
{a} on my {left|right} as I walk down the road
turn {left|right} and walk to {a}
{a} is in front, and {b} is further to the {left|right}
""",
    "de": """
{a} auf der {linken|rechten} Seite
{a} {links|rechts} von {b}
{links|rechts} steht {a}
{links|rechts} im Bild ist {a} zu sehen
{a} in der {linken|rechten} unteren Ecke
{a} oben {links|rechts}
{a} befindet sich {links|rechts} neben {b}
Was ist {links|rechts} von {b}?
Ist {a} {links|rechts} oder in der Mitte?
der Mann hebt den {linken|rechten} Arm neben {b}
eine Frau hält {a} in der {linken|rechten} Hand
{a} liegt am {linken|rechten} Rand des Tisches
{a} schaut nach {links|rechts}
{a} bewegt sich nach {links|rechts}
ein Pfeil zeigt nach {links|rechts} auf {b}
die {linke|rechte} Hälfte des Fotos zeigt {a}
{a} mit einem verbundenen {linken|rechten} Bein
{a}, von {links|rechts} gesehen
ein {linker|rechter} Schuh neben {b}
ein {linkes|rechtes} Auge und {a}
{a} ganz {links|rechts} unter einem Baum
{a} weiter {links|rechts} als {b}
{a} vorne, {b} weiter {links|rechts}
{linkerhand|rechterhand} steht {a}
mit erhobenem {linkem|rechtem} Arm steht {a}
zur {Linken|Rechten} sieht man {a}
eine {linkshändige|rechtshändige} Frau mit einem Ball
""",
    "fr": """
{a} à {gauche|droite}
{a} à {gauche|droite} de {b}
sur la {gauche|droite}, il y a {a}
{a} dans le coin inférieur {gauche|droit}
{a} en haut à {gauche|droite}
{a} se trouve à {gauche|droite} de {b}.
Qu'est-ce qui est à {gauche|droite} de {b} ?
Est-ce que {a} est à {gauche|droite} ?
l'homme lève le bras {gauche|droit} près de {b}
une femme tient {a} dans la main {gauche|droite}
{a} sur le bord {gauche|droit} de la table
{a} regarde vers la {gauche|droite}
{a} se déplace vers la {gauche|droite}
une flèche pointe vers la {gauche|droite}
la moitié {gauche|droite} de la photo montre {a}
{a} avec une jambe {gauche|droite} bandée
{a}, vu de {gauche|droite}
une chaussure {gauche|droite} à côté de {b}
le pied {gauche|droit} est posé sur {b}
{a} tout à {gauche|droite} sous un arbre
{a} plus à {gauche|droite} que {b}
{a} devant, {b} plus loin à {gauche|droite}
une joueuse {gauchère|droitière} avec {a}
tournez à {gauche|droite} après {b}
le côté {gauche|droit} de {b} est dans l'ombre
à sa {gauche|droite}, {a} attend
l'œil {gauche|droit} d'un cheval et {a}
""",
    "es": """
{a} a la {izquierda|derecha}
{a} a la {izquierda|derecha} de {b}
a la {izquierda|derecha} hay {a}
{a} en la esquina inferior {izquierda|derecha}
{a} arriba a la {izquierda|derecha}
{a} está a la {izquierda|derecha} de {b}.
¿Qué hay a la {izquierda|derecha} de {b}?
¿Está {a} a la {izquierda|derecha}?
el hombre levanta el brazo {izquierdo|derecho} junto a {b}
una mujer sostiene {a} en la mano {izquierda|derecha}
{a} en el borde {izquierdo|derecho} de la mesa
{a} mira hacia la {izquierda|derecha}
{a} se mueve hacia la {izquierda|derecha}
una flecha apunta a la {izquierda|derecha}
la mitad {izquierda|derecha} de la foto muestra {a}
{a} con la pierna {izquierda|derecha} vendada
{a}, visto desde la {izquierda|derecha}
un zapato {izquierdo|derecho} junto a {b}
el pie {izquierdo|derecho} está sobre {b}
{a} más a la {izquierda|derecha}, bajo un árbol
{a} delante, {b} más a la {izquierda|derecha}
una jugadora {zurda|diestra} con {a}
gire a la {izquierda|derecha} después de {b}
el lado {izquierdo|derecho} de {b} está en la sombra
a su {izquierda|derecha}, {a} espera
el ojo {izquierdo|derecho} de un caballo y {a}
la puerta {izquierda|derecha} está detrás de {b}
""",
}

DISTRACTORS = {
    "en": """
a dog runs through the leaves in the park
a plate with left over pizza on the table
she has the right answer on the board
all right, a man is standing by the car
a woman has left the room
the child is right behind the dog
two cookies are left on the plate
a man fights for human rights
the train left the station at night
a bright light over an upright piano
he left his bag on the bench
a copyright sign on the wall
the right way to hold a fork
three minutes left in the game
the dog stops right there
nobody was left behind at the beach
right after the rain there is a rainbow
a lawyer of civil rights at a desk
a right angle drawn on the paper
what is left of the pizza
what is left of the pizza?
she chose the right dress
the right to bear arms
everything looks right in the kitchen
he gave the right number
""",
    "de": """
die Frau hat recht und lacht
ein Rechteck aus Holz auf dem Tisch
ein Rechtsanwalt sitzt im Büro
der Hund ist recht groß
das Kind kommt gerade rechtzeitig an
rechte und pflichten der Bürger auf einem Plakat
ein rechter Winkel auf dem Papier
ein Haus mit den Rechten der Kinder an der Wand
Kinder haben Rechte in diesem Land
die linke Partei und der Hund
die Polizei schützt das Recht
ein rechtschaffener Mann mit einem Hut
die Rechnung liegt auf dem Tisch
""",
    "fr": """
le chien court tout droit vers la maison
elle a le droit de vote depuis un an
un homme maladroit tombe dans la rue
une femme adroite lance la balle
on part tout de suite à la plage
un angle droit sur le papier
un étudiant en droit lit un livre
les droits de l'homme sur une affiche
un arbre bien droit dans le champ
des idées de gauche et un vote de droite
elle se tient droite sur la chaise
""",
    "es": """
el perro corre todo derecho a la casa
una mujer tiene derecho a votar
un estudiante de derecho lee un libro
los derechos humanos en un cartel de la calle
sigue derecho por la calle con el perro
un ángulo derecho en el papel
un político de derechas y una mujer
un partido de la derecha y una mujer
una mujer es un diestro carpintero
el niño se sienta derecho en la silla
la silla está al derecho y la mesa al revés
el camino es recto y la casa es pequeña
""",
}

SIDE = re.compile(r"\{(\w+)\|(\w+)\}")


def captions(language, count=200):
    """Return ``count`` pairs (caption, what it says mirrored), every template about as often."""
    templates = TEMPLATES[language].strip().splitlines()
    things = THINGS[language]
    pairs = [(a, b) for a, b in product(things, things) if a != b]
    made = {}
    for turn, (place, template) in product(range(count), enumerate(templates)):
        # Steps that share no factor with the number of pairs: no template keeps meeting the same one.
        a, b = pairs[(7 * place + 11 * turn) % len(pairs)]
        first = 1 + turn % 2
        told, swapped = (_filled(SIDE.sub(lambda m, side=side: m[side], template), a, b) for side in (first, 3 - first))
        made.setdefault(told, swapped)
        if len(made) == count:
            return list(made.items())
    raise AssertionError(f"the templates make {len(made)} captions only")


def distractors(language):
    """Return captions whose words look like directions and are none, or are of a kind that no swap makes true."""
    return DISTRACTORS[language].strip().splitlines()


def _filled(template, a, b):
    text = template.replace("{a}", a).replace("{b}", b)
    return text[:1].upper() + text[1:]
