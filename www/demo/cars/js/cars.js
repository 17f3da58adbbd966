"use strict"
const rows = document.getElementById("cars")
const count = document.getElementById("count")
const find = document.getElementById("find")
let cars = []

function show() {
	const word = find.value.trim().toLowerCase()
	const found = cars.filter(car =>
		Object.values(car).join(" ").toLowerCase().includes(word))
	rows.replaceChildren(...found.map(car => {
		const row = document.createElement("tr")
		for (const key of ["make", "model", "year", "colour", "km",
			"town", "price"])
			row.insertCell().textContent = car[key]
		return row
	}))
	count.textContent = found.length + " of " + cars.length
}

fetch("data/cars.json").then(answer => answer.json()).then(list => {
	cars = list.cars
	show()
})
find.oninput = show
