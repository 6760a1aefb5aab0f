"""
What names are made up of, for people who choose none: an adjective and a noun.
"""

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ADJECTIVES: Final = _words(
    """
    agile amber ample azure balmy bold brave breezy bright brisk bronze bubbly calm candid cheery
    chilly civil classy clever cloudy cobalt comfy coral cosmic cosy crimson crisp curious dapper
    daring dashing deft dewy eager earnest easy elated fabled famous fancy fearless fleet fluffy
    fond frosty gentle giddy glad gleaming golden grand hardy hazel hearty honest humble icy indigo
    ivory jade jaunty jolly jovial keen kind lavish lilac limber lively lofty loyal lucid lucky
    mellow merry mighty misty modest nimble noble olive patient peachy placid plucky polite proud
    quick quiet radiant rosy royal rustic sage scarlet serene shiny silky silver sleek snowy snug
    solar spry stellar sturdy sunny swift tidy tranquil upbeat velvet vivid warm witty zesty
    """
)
NOUNS: Final = _words(
    """
    acorn alder anchor antler aspen aurora badger bamboo banjo basil beacon beaver birch bison
    bonfire boulder breeze brook canyon caravan cardinal cedar cello chestnut cinder clover comet
    compass condor cove coyote crane cricket curlew cypress daisy dolphin dove dragonfly drum dune
    eagle echo egret ember falcon feather fern ferret fiddle finch firefly fjord flute forest fox
    galaxy garnet gecko geyser ginger glacier goose grotto grove gull harbor hare harp hawk hazelnut
    hedgehog heron hickory horizon ibex ibis iguana island ivy jackdaw jaguar jasmine juniper kayak
    kestrel kettle kingfisher kite koala lagoon lantern lark laurel lemur lichen lighthouse linnet
    llama lobster lotus lute lynx magnolia magpie mango maple marble marmot marten meadow melon
    meteor mistral monsoon moose mosaic moss mountain narwhal nebula newt nightjar nutmeg oak oasis
    ocelot opal orchard orchid oriole osprey otter owl panda pebble pelican penguin pepper petrel
    pigeon pine pinecone planet plover poppy prairie puffin quail quartz quokka rabbit raccoon
    rainbow raven reef river robin rocket rowan saffron salmon sandpiper satellite sequoia shore
    skylark sparrow spruce squirrel starling stork stream sunflower swallow swan tamarin teal
    thicket thistle thrush thunder tiger toucan trout tulip tundra turtle valley viola violet
    walnut walrus warbler waterfall willow windmill wolf wombat woodpecker wren yak zebra zephyr
    """
)
