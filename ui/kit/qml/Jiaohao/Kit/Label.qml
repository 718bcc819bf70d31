import QtQuick

// Text of the hall. It wraps and is never cut off: a screen gives it room.
Text {
    property bool strong: false

    color: Theme.ink
    font.family: Theme.family
    font.pixelSize: Theme.textBody
    font.weight: strong ? Font.Bold : Font.Normal
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
    renderType: Text.QtRendering
}
