import QtQuick

// A ticket's number: large, in digits of one width, never wrapped.
Text {
    color: Theme.ink
    font.family: Theme.family
    font.pixelSize: Theme.textNumber
    font.weight: Font.Bold
    font.features: {
        "tnum": 1
    }
    textFormat: Text.PlainText
    horizontalAlignment: Text.AlignHCenter
    verticalAlignment: Text.AlignVCenter
    // Digits have nothing below the line: lift them to the middle of what is seen.
    bottomPadding: Math.round(font.pixelSize * 0.14)
}
