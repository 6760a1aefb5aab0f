/**
 * A small choice of emoji that every device has. Each is followed by words to find it by.
 */

/** @typedef {{ text: string, words: string }} Emoji */

const FACES = `
😀 grin happy|😂 joy tears laugh lol|🤣 rolling laugh|🙂 smile|😉 wink|😊 blush smile|😍 heart eyes
love|😘 kiss|😎 cool sunglasses|🤩 star struck wow|🥳 party celebrate|😇 angel halo|🤔 thinking hmm
|🤨 eyebrow doubt|😐 neutral|🙄 rolling eyes|😏 smirk|😬 grimace oops|😴 sleep tired|🤤 drool|😋 yum
tasty|😜 wink tongue|🤪 zany crazy|🤓 nerd glasses|🧐 monocle inspect|😕 confused|😟 worried|😮 open
mouth wow|😲 astonished|😳 flushed|🥺 pleading please|😢 cry sad|😭 sob cry|😱 scream fear|😤 steam
proud|😡 angry mad|🤯 exploding mind blown|🥶 cold freeze|🥵 hot|🤢 sick nausea|🤮 vomit|🤧 sneeze
|😷 mask|🤒 ill fever|🤠 cowboy|🤡 clown|👻 ghost boo|💀 skull dead|👽 alien|🤖 robot bot|😺 cat
smile|🙈 monkey see no evil|🙉 monkey hear no evil|🙊 monkey speak no evil`;

const PEOPLE = `
👍 thumbs up yes like|👎 thumbs down no|👏 clap applause bravo|🙌 raised hands hooray|🤝 handshake
deal|🙏 please thanks pray|👋 wave hello bye|✌️ victory peace|🤞 fingers crossed luck|🤘 horns rock
|👌 ok perfect|🤌 pinched|👆 up point this|👉 right point|👀 eyes look|💪 strong muscle|✊ fist
|👊 fist bump|🫡 salute|🤷 shrug|🤦 facepalm|💃 dance|🕺 dance|🧠 brain|🫶 heart hands`;

const NATURE = `
🐶 dog|🐱 cat|🦊 fox|🐻 bear|🐼 panda|🦁 lion|🐸 frog|🐧 penguin|🦉 owl|🦆 duck|🐝 bee|🦋 butterfly
|🐢 turtle|🐙 octopus|🐳 whale|🦄 unicorn|🌵 cactus|🌲 tree|🍀 clover luck|🌸 blossom flower|🌻 flower
sun|🌞 sun|🌙 moon|⭐ star|🌈 rainbow|☁️ cloud|⚡ lightning|❄️ snow|🔥 fire lit hot|🌊 wave sea`;

const THINGS = `
🍎 apple|🍌 banana|🍓 strawberry|🍕 pizza|🍔 burger|🍟 fries|🌮 taco|🍣 sushi|🍿 popcorn|🍪 cookie
|🍰 cake|🎂 birthday cake|☕ coffee tea|🍵 tea|🍺 beer|🍷 wine|🥂 cheers toast|🎉 party tada|🎈 balloon
|🎁 gift present|🏆 trophy win|🥇 gold first|⚽ football|🏀 basketball|🎮 game controller|🎲 dice
|🎵 music note|🎸 guitar|🎹 piano keys|🥁 drum|🎤 microphone sing|🎧 headphones|🎬 film|📷 camera
|🎥 video camera|💻 laptop computer|🖥️ screen|📱 phone|🔊 loud speaker|🔇 mute|🔔 bell|💡 idea bulb
|🔧 wrench fix|🔨 hammer|🧪 science tube|🚀 rocket launch|🚗 car|🚲 bicycle|✈️ plane|🏠 house home
|🗺️ map|⏰ clock alarm|💰 money|📌 pin|📎 clip|✏️ pencil|📚 books|🔒 lock`;

const SIGNS = `
❤️ heart love red|🧡 heart orange|💛 heart yellow|💚 heart green|💙 heart blue|💜 heart purple|🖤 heart
black|🤍 heart white|💔 heart broken|💕 hearts|💯 hundred|💥 boom|✨ sparkles|💤 sleep zzz|💬 speech
|❓ question|❗ exclamation|✅ check yes done|❌ cross no|⚠️ warning|🚫 forbidden|♻️ recycle|➕ plus
|➖ minus|🔴 red live|🟠 orange|🟡 yellow|🟢 green go|🔵 blue|🟣 purple|⚫ black|⚪ white|▶️ play|⏸️ pause
|⏩ fast|🔁 repeat loop|🆗 ok|🆕 new|🔝 top|🏳️ flag white|🏁 flag finish`;

/**
 * @param {string} list
 * @returns {Emoji[]}
 */
function parse(list) {
  return list.split("|").map((item) => {
    const [text, ...words] = item.trim().split(/\s+/);
    return { text, words: words.join(" ") };
  });
}

/** @type {{ name: import("../language.js").Key, emoji: Emoji[] }[]} */
export const GROUPS = [
  { name: "emoji.faces", emoji: parse(FACES) },
  { name: "emoji.people", emoji: parse(PEOPLE) },
  { name: "emoji.nature", emoji: parse(NATURE) },
  { name: "emoji.things", emoji: parse(THINGS) },
  { name: "emoji.signs", emoji: parse(SIGNS) },
];
